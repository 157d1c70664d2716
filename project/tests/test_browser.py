"""The main way in a real browser: sign up, write, follow, see it."""

import json
import re
import signal
import time

import psutil
import pytest

from apps.cluster import processes
from apps.posts import services as posts
from project.tests.test_kills import unfinished

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]


def wait_until(page, expression):
    """Wait for something in a page; Playwright's own way evaluates text, which our pages forbid."""
    assert processes.wait_for(lambda: page.evaluate(expression), 30), expression


def sign_up(browser, url, username, **options):
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(60_000)
    page.problems = []
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(f"{url}/accounts/sign-up")
    page.fill("input[name=username]", username)
    page.fill("input[name=email]", f"{username}@example.org")
    page.fill("input[name=password]", "a good long password")
    page.click("main button")
    page.wait_for_url(f"{url}/")
    return page


def test_sign_up_write_follow_and_see_it(browser, url):
    ada = sign_up(browser, url, "ada")
    ada.fill("textarea[name=text]", "The rooks are back. #rooks")
    assert "474 left" in ada.inner_text("form.compose .count")
    ada.click("form.compose button")
    ada.wait_for_selector("article:has-text('The rooks are back.')")
    wren = sign_up(browser, url, "wren", viewport={"width": 390, "height": 844})

    wren.goto(f"{url}/@ada")
    wren.click("button:text-is('Follow')")
    wren.wait_for_selector("button:text-is('Following')")
    ada.goto(f"{url}/")
    ada.fill("textarea[name=text]", "Second thoughts.")
    ada.keyboard.press("Control+Enter")
    ada.wait_for_selector("article:has-text('Second thoughts.')")

    wren.goto(f"{url}/")
    while not wren.locator("article:has-text('Second thoughts.')").count():
        # Told of the first post, she may be too early for the second.
        wren.wait_for_selector(".told:not([hidden])")
        wren.goto(f"{url}/")
    wren.click("article:has-text('Second thoughts.') button[id^=like]")
    wren.wait_for_selector("article:has-text('Second thoughts.') button.on.like")
    assert wren.get_attribute("button.on.like", "aria-pressed") == "true"
    assert "1" in wren.inner_text("button.on.like")
    assert ada.problems == wren.problems == []


def test_a_like_is_told_of_and_seen(browser, url):
    ada = sign_up(browser, url, "ada", viewport={"width": 320, "height": 640})
    ada.fill("textarea[name=text]", "Who is there?")
    ada.click("form.compose button")
    ada.wait_for_selector("article:has-text('Who is there?')")
    assert ada.is_hidden("#badge")
    wren = sign_up(browser, url, "wren")
    wren.goto(f"{url}/@ada")
    wren.click("article button[id^=like]")
    wren.wait_for_selector("button.on.like")

    ada.wait_for_selector("#badge:not([hidden])")
    assert ada.text_content("#badge .hidden-label") == "1 unread notification"
    assert ada.evaluate("document.documentElement.scrollWidth") <= 320
    ada.click("nav a:has-text('Notifications')")
    ada.wait_for_selector("li.unread:has-text('wren likes your post')")
    assert ada.is_hidden("#badge")
    ada.goto(f"{url}/notifications")
    assert ada.locator("li.notice").count() == 1
    assert ada.locator("li.unread").count() == 0
    assert ada.problems == wren.problems == []


def test_an_open_page_moves_with_what_happens(browser, url):
    ada, wren = sign_up(browser, url, "ada"), sign_up(browser, url, "wren")
    wren.goto(f"{url}/public")
    ada.fill("textarea[name=text]", "One tick, then two.")
    ada.click("form.compose button")
    ada.wait_for_selector(".tick.arrived")
    assert ada.get_attribute(".tick", "aria-label") == "Everywhere"
    title = ada.get_attribute(".tick", "title")
    assert re.fullmatch(r"Stored [\d:]{8} UTC, everywhere [\d:]{8} UTC", title)
    wren.wait_for_selector(".told:has-text('1 new post')")
    wren.click(".told a")
    wren.click("article button[id^=like]")

    ada.wait_for_selector("[data-count=likes]:text-is('1')")
    assert ada.get_attribute("button[id^=like]", "aria-label") == "Like. 1 so far"
    wren.goto(f"{url}/public")
    wren.click("article a[aria-label^=Reply]")
    wren.fill("textarea[name=text]", "Seen.")
    wren.click("form.compose button")
    ada.wait_for_selector("[data-count=replies]:text-is('1')")
    ada.wait_for_selector("#badge:has-text('2')")
    ada.reload()
    assert ada.locator(".tick.arrived").count() == 1
    assert ada.inner_text("[data-count=likes]") == "1"
    assert ada.problems == wren.problems == []


def test_a_browser_that_was_offline_for_200_events_gets_exactly_those(
    browser, url, make_account, elsewhere
):
    authors = [elsewhere(make_account, shard=f"shard{n}").pk for n in (0, 1)]
    page = browser.new_context().new_page()
    frames = []
    page.on("websocket", lambda s: s.on("framereceived", lambda text: frames.append(text)))
    page.goto(f"{url}/public")

    def told():
        heard = [json.loads(text) for text in frames]
        return {m["data"]["post_id"] for m in heard if m["type"] == "event"}

    def publish(count):
        made = [
            elsewhere(posts.publish, author_id=authors[number % 2], text=str(number))
            for number in range(count)
        ]
        return {str(post.pk) for post in made}

    first = publish(1)
    page.wait_for_selector(".told:has-text('1 new post')")
    page.context.set_offline(True)
    wait_until(page, "!navigator.onLine")
    missed = publish(200)
    assert processes.wait_for(lambda: not elsewhere(unfinished), 60)
    assert told() == first
    page.context.set_offline(False)

    page.wait_for_selector(".told:has-text('201 new posts')", timeout=20_000)
    assert told() == first | missed
    last = publish(1)
    page.wait_for_selector(".told:has-text('202 new posts')")
    assert told() == first | missed | last


def test_a_browser_that_is_sent_away_comes_back_when_it_was_told_to_and_misses_nothing(
    browser, url, make_account, elsewhere
):
    author = elsewhere(make_account).pk
    page = browser.new_context().new_page()
    opened, frames = [], []

    def watch(socket):
        opened.append(time.monotonic())
        socket.on("framereceived", lambda text: frames.append((time.monotonic(), json.loads(text))))

    page.on("websocket", watch)
    page.goto(f"{url}/public")
    assert processes.wait_for(lambda: spoken(page, frames, "resumed"), 20)
    elsewhere(posts.publish, author_id=author, text="before")
    page.wait_for_selector(".told:has-text('1 new post')")

    push_master().send_signal(signal.SIGHUP)
    assert processes.wait_for(lambda: spoken(page, frames, "reconnect"), 30)
    elsewhere(posts.publish, author_id=author, text="meanwhile")
    page.wait_for_selector(".told:has-text('2 new posts')")

    at, told = spoken(page, frames, "reconnect")[0]
    print(f"told to come back after {told['after_ms']} ms, came after {opened[1] - at:.2f} s")
    assert len(opened) == 2
    assert opened[1] - at > told["after_ms"] / 1000 - 0.1


def spoken(page, frames, kind):
    """The messages of a kind so far; Playwright hears only while it is asked something."""
    page.wait_for_timeout(20)
    return [(at, message) for at, message in frames if message["type"] == kind]


def push_master():
    children = psutil.Process().children()
    return next(c for c in children if "python:project.serving.push" in c.cmdline())


def test_load_more_appends_with_script_and_leads_on_without(browser, url):
    page = sign_up(browser, url, "ada")
    for number in range(25):
        page.fill("textarea[name=text]", f"post number {number}")
        page.click("form.compose button")
        page.wait_for_selector(f"article:has-text('post number {number}')")
    assert page.locator("article").count() == 20

    page.click("text=Load more")
    wait_until(page, "document.querySelectorAll('article').length === 25")
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{url}/public")
    plain.click("text=Load more")

    texts = page.locator("article .text").all_inner_texts()
    assert texts == [f"post number {n}" for n in range(24, -1, -1)]
    assert plain.locator("article").count() == 5


def test_the_keyboard_reaches_everything_and_the_skip_link_comes_first(browser, url):
    page = sign_up(browser, url, "ada")
    page.goto(f"{url}/public")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_a_poll_is_asked_and_voted_for_in_place_and_open_pages_move(browser, url):
    ada, wren = sign_up(browser, url, "ada"), sign_up(browser, url, "wren")
    ada.fill("textarea[name=text]", "What to drink?")
    ada.click("form.compose summary:text-is('Poll')")
    ada.fill("input[name=polls-option_1]", "tea")
    ada.fill("input[name=polls-option_2]", "coffee")
    ada.click("form.compose button")
    ada.wait_for_selector(".poll progress")
    ada.goto(f"{url}/@ada")
    ada.wait_for_selector(".poll progress")

    wren.goto(f"{url}/@ada")
    wren.check(".poll label:has-text('coffee') input")
    # Enter on an option presses no other button of the page.
    wren.keyboard.press("Enter")
    assert wren.url == f"{url}/@ada"
    wren.click(".poll button")

    wren.wait_for_selector(".poll li.on:has-text('coffee')")
    assert wren.url == f"{url}/@ada"
    ada.wait_for_selector(".poll .count:has-text('1 person has voted')")
    assert ada.locator(".poll progress").nth(1).get_attribute("value") == "100"
    assert (ada.problems, wren.problems) == ([], [])
