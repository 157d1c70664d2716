"""Every page, looked at by axe in light and dark; keys; what a page weighs."""

import gzip
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connections
from django.test import Client

from project.tests.permissions import PAGES, YES
from project.tests.test_browser import sign_up
from project.tests.test_permissions import _account, world  # noqa: F401

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]
VISITOR, OWNER, ADMIN = 0, 2, 4
PHONE = {"width": 390, "height": 844}
# Of Django's own admin only the pages that are ours.
OURS = {"admin/units/", "admin/topology/"}
NO_PAGES = re.compile(r"^/(events|health|media|metrics)|/feed\.|/download/")
# What one does with a post, where a narrow page leaves no room for it.
CUT_OFF = """[...document.querySelectorAll('.post a, .post button')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth)
    .map((one) => one.outerHTML.slice(0, 120)).slice(0, 3)"""
SERIOUS = {"serious", "critical"}
MOST_BYTES = 60_000
STATIC = Path(__file__).resolve().parents[1] / "static"


def paths_for(place, world):  # noqa: F811
    """The pages that somebody gets, as addresses; what is no page is found out when it is asked."""
    rows = [row for row in PAGES if row.method == "GET" and row.who[place] == YES]
    rows = [row for row in rows if not row.route.startswith("admin/") or row.route in OURS]
    paths = dict.fromkeys(row.path.format(**world) for row in rows)
    return [path for path in paths if not NO_PAGES.search(path)]


def cookies_of(account, url):
    client = Client()
    client.force_login(account)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}]


@pytest.fixture
def sessions(world, make_account, url):  # noqa: F811
    """Cookies by role: made before the browser, which has this thread from then on."""
    root = make_account("root", is_staff=True, is_superuser=True)
    owner = _account(world["ada"])
    found = {VISITOR: [], OWNER: cookies_of(owner, url), ADMIN: cookies_of(root, url)}
    # While the browser runs they are out of sight, and what ends sessions would not spare them.
    connections.close_all()
    return found


def complaints(page):
    # What is Django's own in admin is not ours to mend.
    found = Axe().run(page, {"exclude": [".breadcrumbs"]}).response["violations"]
    return {
        one["id"]: [node["html"][:120] for node in one["nodes"]][:3]
        for one in found
        if one["impact"] in SERIOUS
    }


def looked_at(page, url, paths):
    """Look at pages; returns what is wrong with each, and how many there were."""
    wrong, count = {}, 0
    for path in paths:
        answer = page.goto(url + path)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        count += 1
        wrong[path] = complaints(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > PHONE["width"] and "/admin/" not in path:
            wrong[path]["wider than a phone"] = wide
        if cut := page.evaluate(CUT_OFF):
            wrong[path]["cut off"] = cut
    return {path: found for path, found in wrong.items() if found}, count


def test_no_page_keeps_anybody_out(world, sessions, browser, url):  # noqa: F811
    for colours in ("light", "dark"):
        for place, cookies in sessions.items():
            context = browser.new_context(color_scheme=colours, viewport=PHONE, bypass_csp=True)
            context.add_cookies(cookies)
            page = context.new_page()
            page.set_default_timeout(60_000)

            wrong, count = looked_at(page, url, paths_for(place, world))

            assert wrong == {}, (place, colours)
            assert count >= 10


def test_posts_are_walked_through_and_liked_by_keys_alone(browser, url):
    page = sign_up(browser, url, "ada")
    for number in range(2):
        page.fill("textarea[name=text]", f"post {number}")
        page.click("form.compose button")
        page.wait_for_selector(f"article:has-text('post {number}')")
    page.goto(f"{url}/public")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert "post 0" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("k")
    page.keyboard.press("l")
    page.wait_for_selector("article:has-text('post 1') button.on.like")

    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(f"{url}/")
    # While something is written a key is a letter.
    page.click("textarea[name=text]")
    page.keyboard.type("jln?")
    assert page.input_value("textarea[name=text]") == "jln?"
    assert page.problems == []


def test_keys_are_off_where_the_account_says_so(browser, url):
    page = sign_up(browser, url, "ada")
    page.goto(f"{url}/accounts/preferences")
    page.uncheck("input[name=shortcuts]")
    page.click("main button:has-text('Save')")
    page.goto(f"{url}/public")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_timeout(300)

    assert page.url == f"{url}/public"


def test_times_are_in_the_accounts_zone_else_the_browsers_else_utc(browser, url):
    page = sign_up(browser, url, "ada", timezone_id="America/New_York")
    page.fill("textarea[name=text]", "when?")
    page.click("form.compose button")
    page.wait_for_selector("article")
    moment = page.get_attribute("article time", "datetime")

    def told(zone):
        return page.evaluate(
            "([at, timeZone]) => new Intl.DateTimeFormat('en',"
            " {dateStyle: 'long', timeStyle: 'short', timeZone}).format(new Date(at))",
            [moment, zone],
        )

    assert page.get_attribute("article time", "title") == told("America/New_York")
    page.goto(f"{url}/accounts/preferences")
    page.select_option("select[name=time_zone]", "Asia/Tokyo")
    page.click("main button:has-text('Save')")
    page.goto(f"{url}/public")
    assert page.get_attribute("article time", "title") == told("Asia/Tokyo")

    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{url}/public")
    assert plain.get_attribute("article time", "title").endswith(" UTC")


def test_a_refused_like_is_said_on_the_page(browser, url):
    page = sign_up(browser, url, "ada")
    page.fill("textarea[name=text]", "soon gone")
    page.click("form.compose button")
    page.wait_for_selector("article")
    like = page.get_attribute("button[id^=like]", "hx-post")
    page.evaluate(
        "(path) => document.querySelector('button[id^=like]').setAttribute('hx-post', path)",
        re.sub(r"\d+", "1", like),
    )
    page.evaluate("htmx.process(document.body)")
    page.route(
        "**/like", lambda route: route.fulfill(status=429, content_type="text/plain", body="Wait.")
    )
    page.click("button[id^=like]")

    page.wait_for_selector("#toast:not([hidden])")
    assert page.inner_text("#toast") == "Wait."
    assert page.locator("article").count() == 1


def test_scripts_and_style_are_light(browser, url):
    page = browser.new_context().new_page()
    loaded = []

    def note(response):
        if response.request.resource_type in ("script", "stylesheet"):
            loaded.append(len(gzip.compress(response.body())))

    page.on("requestfinished", lambda request: note(request.response()))
    page.goto(f"{url}/public", wait_until="networkidle")

    print(f"{sum(loaded)} bytes in {len(loaded)} files")
    assert 4 <= len(loaded) <= 8
    assert sum(loaded) < MOST_BYTES
