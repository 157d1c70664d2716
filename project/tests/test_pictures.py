"""Pictures in a real browser, with a script and without."""

import io

import pytest
from PIL import Image

from project.tests.test_browser import sign_up, wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]


def photo(size=(1600, 900), colour="teal"):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def test_a_picture_is_seen_before_it_is_posted_and_keeps_its_place(browser, url):
    ada = sign_up(browser, url, "ada")
    ada.click(".attach summary")
    ada.set_input_files("#file-1", [photo(), photo((600, 900), "plum")])
    wait_until(ada, "document.querySelectorAll('.attached').length === 2")
    wait_until(ada, "[...document.querySelectorAll('.attached img')].every((i) => i.naturalWidth)")
    first = ada.locator(".attached").first
    first.locator("textarea").fill("a rook")
    box = first.locator("img").bounding_box()
    first.locator("img").click(position={"x": 2, "y": box["height"] - 2})
    ada.locator(".attached").nth(1).locator("input[type=checkbox]").click()
    wait_until(ada, "document.querySelectorAll('.attached').length === 1")
    ada.fill("textarea[name=text]", "look")
    ada.click("form.compose button")

    ada.wait_for_selector("article .pictures img[alt='a rook']")
    image = ada.locator("article .pictures img")
    assert image.count() == 1
    assert image.get_attribute("class") == "fx-0 fy-10"
    assert image.get_attribute("width") == "640"
    wait_until(ada, "document.querySelector('.pictures img').naturalWidth > 0")
    assert ada.problems == []


def test_what_is_no_picture_is_said_at_once(browser, url):
    ada = sign_up(browser, url, "ada")
    ada.click(".attach summary")
    bad = {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"<svg/>"}

    ada.set_input_files("#file-1", [bad])

    ada.wait_for_selector(".attach [role=status]:has-text('not a JPEG')")
    assert ada.locator(".attached").count() == 0


def test_without_a_script_the_files_go_with_the_form(browser, url):
    ada = sign_up(browser, url, "ada", java_script_enabled=False)
    ada.click(".attach summary")
    ada.set_input_files("#file-1", [photo()])
    ada.fill("#new-alt-1", "a rook")
    ada.set_input_files("#file-2", [photo((900, 900))])
    ada.click("form.compose button")

    ada.wait_for_selector("article .pictures.of-2 img[alt='a rook']")
    assert ada.locator("article .pictures img").count() == 2
