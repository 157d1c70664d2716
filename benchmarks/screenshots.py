#!/usr/bin/env python3
"""The main pages of a running site, on a desktop and a phone, in light and in dark.

    python manage.py quickstart
    python benchmarks/screenshots.py http://127.0.0.1:8000 demo PASSWORD

Writes one picture for each page to docs/images/, which docs/pages.md shows. Needs Debian's
chromium; PASSWORD is what quickstart has shown for the demo account.
"""

import argparse
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
DESKTOP, PHONE = {"width": 1180, "height": 800}, {"width": 390, "height": 800}
SCHEMES = ("light", "dark")
GAP, WALL = 20, "#8a877f"


class Shot(NamedTuple):
    """A page: the name of its picture, its path, and whether one is signed in."""

    name: str
    path: str
    signed_in: bool = True


THREAD = "a thread"
SHOTS = (
    Shot("public", "/public", signed_in=False),
    Shot("sign-in", "/accounts/sign-in", signed_in=False),
    Shot("home", "/"),
    Shot("thread", THREAD),
    Shot("profile", "/@demo"),
    Shot("notifications", "/notifications"),
    Shot("search", "/search?q=tea"),
    Shot("drafts", "/drafts"),
    Shot("settings", "/accounts/profile"),
    Shot("not-found", "/nothing-is-here"),
)


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("url", "username", "password"):
        parser.add_argument(name)
    options = parser.parse_args()
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        state = sign_in(browser, options.url, options.username, options.password)
        asked = write(browser, options.url, state)
        for shot in SHOTS:
            path = asked if shot.path == THREAD else shot.path
            seen = looks(browser, options.url + path, state if shot.signed_in else None)
            tiles = list(seen)
            sheet(tiles).save(IMAGES / f"page-{shot.name}.webp", quality=82, method=6)
            print(f"docs/images/page-{shot.name}.webp")
        browser.close()


def sign_in(browser: Browser, url: str, username: str, password: str) -> dict:
    """Return what a browser keeps of somebody who has signed in."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{url}/accounts/sign-in")
        page.fill("input[autocomplete~=username]", username)
        page.fill("input[type=password]", password)
        page.press("input[type=password]", "Enter")
        page.wait_for_url(lambda address: "sign-in" not in address)
        return context.storage_state()


def write(browser: Browser, url: str, state: dict) -> str:
    """Post a picture, a poll, an answer to it, and keep a draft; returns the poll's address."""
    with browser.new_context(storage_state=state) as context:
        page = context.new_page()
        page.goto(f"{url}/")
        page.click(".attach summary")
        page.set_input_files("#file-1", [dusk()])
        page.wait_for_selector(".attached img")
        page.locator(".attached textarea").fill("The sky over a dark hill, after the sun has gone.")
        post(page, "Rooks go home before the light does. #birds")
        page.goto(f"{url}/")
        page.locator("details", has_text="Poll").last.locator("summary").click()
        for number, option in enumerate(("At dawn", "At dusk", "Only with tea"), 1):
            page.fill(f"input[name=polls-option_{number}]", option)
        post(page, "When do you look at birds?")
        asked = str(page.locator("article a.when").first.get_attribute("href"))
        page.goto(url + asked)
        post(page, "I ask since at noon there is nobody on the hill.")
        page.goto(f"{url}/")
        page.fill("textarea[name=text]", "About the heron, when I know what it was waiting for")
        page.click("form.compose button[formaction]")
        page.wait_for_url(f"{url}/drafts")
        return asked


def post(page: Page, text: str) -> None:
    """Send what is in the composer of a page."""
    page.fill("textarea[name=text]", text)
    page.click("form.compose button:not([formaction])")
    page.wait_for_selector(f"article:has-text('{text[:20]}')")


def dusk() -> dict:
    """Return a drawn picture, as a browser sends a file."""
    sky = Image.linear_gradient("L").resize((1600, 900))
    picture = Image.composite(
        Image.new("RGB", sky.size, "#f2a65a"), Image.new("RGB", sky.size, "#27406b"), sky
    )
    draw = ImageDraw.Draw(picture)
    draw.ellipse((-300, 640, 2100, 1700), fill="#141a26")
    for left, top in ((420, 260), (540, 210), (690, 290), (980, 180), (1110, 240)):
        draw.arc((left, top, left + 50, top + 30), 180, 360, fill="#141a26", width=6)
        draw.arc((left + 48, top, left + 98, top + 30), 180, 360, fill="#141a26", width=6)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return {"name": "dusk.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def looks(browser: Browser, address: str, state: dict | None) -> Iterator[Image.Image]:
    """Look at a page in every size and scheme."""
    for scheme in SCHEMES:
        for size in (DESKTOP, PHONE):
            with browser.new_context(
                viewport=size, color_scheme=scheme, storage_state=state
            ) as context:
                page = context.new_page()
                page.goto(address)
                page.wait_for_timeout(700)
                yield Image.open(io.BytesIO(page.screenshot()))


def sheet(tiles: list[Image.Image]) -> Image.Image:
    """Put pictures beside each other."""
    width = sum(tile.width for tile in tiles) + GAP * (len(tiles) + 1)
    whole = Image.new("RGB", (width, tiles[0].height + 2 * GAP), WALL)
    left = GAP
    for tile in tiles:
        whole.paste(tile, (left, GAP))
        left += tile.width + GAP
    return whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
