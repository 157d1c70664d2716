"""A site without mail: no addresses, nothing that leads to them, and all else as ever."""

import importlib

import pytest
from django.urls import NoReverseMatch, clear_url_caches, reverse

import project.urls
from apps.accounts import identity_urls
from apps.accounts.models import Account

pytestmark = pytest.mark.django_db(databases="__all__")
RIGHT = "a good long password"


def read_again():
    importlib.reload(identity_urls)
    importlib.reload(project.urls)
    clear_url_caches()


@pytest.fixture
def without_mail():
    from django.test import override_settings

    with override_settings(ACCOUNTS_EMAIL="off", ACCOUNT_EMAIL_VERIFICATION="none"):
        read_again()
        yield
    read_again()


def test_nothing_leads_to_mail_and_all_else_works(without_mail, client, mailoutbox):
    assert 'name="email"' not in client.get("/accounts/sign-up").text
    assert "Forgot" not in client.get("/accounts/sign-in").text
    form = {"username": "ada", "password": RIGHT, "email": "ada@example.org"}
    assert client.post("/accounts/sign-up", form).url == "/"
    assert Account.objects.get().email == ""
    client.logout()
    assert client.post("/accounts/sign-in", form).url == "/"

    with pytest.raises(NoReverseMatch):
        reverse("account_reset_password")
    for path in ("profile", "password", "sessions", "preferences", "again", "second-factor/"):
        page = client.get(f"/accounts/{path}")
        assert page.status_code == 200, path
        assert "E-mail" not in page.text, path
    assert client.get("/accounts/password/reset").status_code == 404
    assert mailoutbox == []
