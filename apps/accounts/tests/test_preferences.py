"""Preferences and sessions."""

import pytest
from django.test import Client

from apps.accounts import sessions
from apps.accounts.models import Account

pytestmark = pytest.mark.django_db(databases="__all__")
RIGHT = "a good long password"


def sign_in(client):
    client.post("/accounts/sign-in", {"username": "ada", "password": RIGHT})
    return client


def is_signed_in(client):
    return client.get("/topics").context["user"].is_authenticated


def test_preferences_are_on_every_page(client, make_account):
    client.force_login(make_account("ada"))
    assert "data-theme" not in client.get("/public").text
    form = {"language": "de", "time_zone": "Asia/Tokyo", "theme": "dark"}

    answer = client.post("/accounts/preferences", form, follow=True)

    assert "Deine Einstellungen sind gespeichert." in answer.text
    form = client.get("/accounts/preferences").text
    assert '<option value="Asia/Tokyo" selected>Asia/Tokyo</option>' in form
    assert form.count(" selected>") == 3
    page = client.get("/public").text
    assert '<html lang="de" data-theme="dark">' in page
    assert 'data-zone="Asia/Tokyo"' in page
    assert "data-keys" not in page
    assert 'id="keys"' not in page


@pytest.mark.parametrize("field", ["language", "time_zone", "theme"])
def test_only_what_is_offered_is_taken(client, make_account, field):
    client.force_login(make_account("ada"))

    answer = client.post("/accounts/preferences", {field: "../etc"})

    assert field in answer.context["form"].errors
    assert getattr(Account.objects.get(), field) == ""


def test_one_session_ends_and_the_others_go_on(make_account):
    make_account("ada")
    here, there, elsewhere = (sign_in(Client()) for _ in range(3))
    listed = here.get("/accounts/sessions").context["sessions"]
    mine = {one.session_key: one for one in listed}
    assert len(mine) == 3

    here.post("/accounts/sessions", {"end": mine[there.session.session_key].pk})

    assert [is_signed_in(one) for one in (here, there, elsewhere)] == [True, False, True]
    here.post("/accounts/sessions", {"end": "others"})
    assert [is_signed_in(one) for one in (here, there, elsewhere)] == [True, False, False]


def test_nobody_ends_the_session_of_somebody_else(make_account, client):
    make_account("ada")
    sign_in(client)
    session = client.get("/accounts/sessions").context["sessions"][0]
    wren = Client()
    wren.force_login(make_account("wren"))

    wren.post("/accounts/sessions", {"end": session.pk})

    assert is_signed_in(client)


def test_a_session_from_before_sessions_were_noted_is_listed(client, make_account):
    client.force_login(make_account("ada"))

    page = client.get("/accounts/sessions")

    assert len(page.context["sessions"]) == 1
    assert "This one" in page.text


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/150.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8.9", "curl/8.9"),
        ("", "?"),
    ],
)
def test_a_browser_is_called_what_people_call_it(user_agent, shown):
    assert sessions.device(user_agent) == shown
