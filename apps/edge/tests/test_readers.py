"""What is kept is kept for who reads it as it is: the language, and what an account has chosen."""

import pytest
from django.test import Client

from apps.accounts import services as accounts
from apps.cluster import processes
from apps.posts import services as posts

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]
GERMAN = (b"accept-language", b"de-AT,de;q=0.9,en;q=0.5")
FRENCH = (b"accept-language", b"fr")


@pytest.fixture
def ada(make_account):
    account = make_account("ada")
    posts.publish(author_id=account.pk, text="the first post")
    return account


def test_a_kept_page_is_never_given_to_a_reader_of_another_language(ada, browse, kept):
    assert "What everybody here writes" in kept(browse(), "/public").text

    german = browse().get("/public", GERMAN)

    assert "Was alle hier schreiben" in german.text
    assert processes.wait_for(lambda: browse().get("/public", GERMAN).outcomes["hit"], 10)
    assert "Was alle hier schreiben" in browse().get("/public", GERMAN).text
    assert "What everybody here writes" in kept(browse(), "/public").text


def test_readers_of_languages_that_there_are_not_share_one_page(ada, browse, kept):
    kept(browse(), "/public")

    assert browse().get("/public", FRENCH).outcomes["hit"] == 1


def test_a_members_kept_page_goes_when_the_member_chooses_otherwise(ada, browse, kept):
    client = Client()
    client.force_login(ada)
    browser = browse().sign_in(client)
    assert "Sign out" in kept(browser, "/public").text

    accounts.set_preferences(
        account_id=ada.pk, language="de", time_zone="", theme="dark", shortcuts=True
    )

    def has_changed():
        text = browser.get("/public").text
        return "Abmelden" in text and 'data-theme="dark"' in text

    assert processes.wait_for(has_changed, 5)
    assert "Abmelden" in kept(browser, "/public").text


def test_a_session_that_was_ended_elsewhere_gets_no_kept_page(ada, browse, kept):
    here, there = Client(), Client()
    here.force_login(ada)
    there.force_login(ada)
    there.get("/accounts/sessions")
    browser = browse().sign_in(there)
    assert "Sign out" in kept(browser, "/public").text
    here.get("/accounts/sessions")

    here.post("/accounts/sessions", {"end": "others"})

    assert processes.wait_for(lambda: "Sign out" not in browser.get("/public").text, 5)
