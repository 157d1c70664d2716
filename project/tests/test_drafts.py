"""A draft in a real browser: kept, and while the primary that would store it is away."""

import os
import signal

import pytest

from apps.accounts.models import Account
from apps.posts.models import Post
from apps.sharding import directory
from project.tests.faults import PASSWORD, hanging, process_of
from project.tests.test_browser import sign_up

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]


def test_a_draft_is_posted_once_when_the_primary_is_back(browser, url, cluster, elsewhere):
    page = sign_up(browser, url, "ada")
    shard = elsewhere(shard_of, "ada")
    os.kill(process_of(cluster, shard).pid, signal.SIGKILL)
    page.fill("textarea[name=text]", "A thought worth keeping.")
    page.click("form.compose button")
    page.wait_for_selector("h1:text-is('Not sent yet')")
    assert page.input_value("textarea[name=text]") == "A thought worth keeping."
    assert "by itself" in page.inner_text("[role=status]")

    elsewhere(cluster.up)
    page.wait_for_selector("article:has-text('A thought worth keeping.')", timeout=60_000)

    assert elsewhere(lambda: Post.objects.scatter().count()) == 1


def test_without_script_a_draft_waits_in_a_form_and_a_double_click_posts_once(
    browser, url, cluster, elsewhere
):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}/accounts/sign-up")
    for name, value in (("username", "wren"), ("email", "w@example.org"), ("password", PASSWORD)):
        page.fill(f"input[name={name}]", value)
    page.click("main button")
    page.fill("textarea[name=text]", "Not twice.")
    with hanging(cluster, elsewhere(shard_of, "wren")):
        page.click("form.compose button")
        page.wait_for_selector("h1:text-is('Not sent yet')")
        assert page.input_value("textarea[name=text]") == "Not twice."

    while page.locator("h1:text-is('Not sent yet')").count():
        page.dblclick("form.compose button")
        page.wait_for_timeout(500)
    page.wait_for_selector("article:has-text('Not twice.')")
    assert elsewhere(lambda: Post.objects.scatter().count()) == 1


@pytest.mark.parametrize("script", [True, False])
def test_a_draft_is_kept_in_one_browser_and_published_in_another(browser, url, elsewhere, script):
    page = sign_up(browser, url, "ada")
    page.fill("textarea[name=text]", "Half a thought")
    page.click("button:text-is('Save draft')")
    page.wait_for_selector("h1:text-is('Drafts')")
    assert elsewhere(lambda: Post.objects.scatter().count()) == 0

    there = browser.new_context(java_script_enabled=script).new_page()
    there.context.add_cookies(page.context.cookies())
    there.goto(f"{url}/drafts")
    there.click("a:text-is('Go on writing')")
    assert there.input_value("textarea[name=text]") == "Half a thought"
    there.fill("textarea[name=text]", "A whole thought")
    there.click("form.compose button")
    there.wait_for_selector("article:has-text('A whole thought')")

    page.reload()
    page.wait_for_selector(".empty")
    assert page.problems == []


def shard_of(username):
    return directory.shard_of_id(Account.objects.get(username=username).pk)
