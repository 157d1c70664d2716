"""Addresses, second factors and sessions, over HTTP."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core.management import call_command

from apps.accounts import services
from apps.accounts.errors import NameTaken
from apps.accounts.models import Account
from apps.throttling.pace import Pace

pytestmark = pytest.mark.django_db(databases="__all__")
RIGHT, OTHER = "a good long password", "another long password"


def sign_in(client, password=RIGHT, **extra):
    return client.post("/accounts/sign-in", {"username": "ada", "password": password}, **extra)


def change_address(client, email):
    """Ask for it: the password has to be said once more, then what was asked for goes on."""
    asked = client.post("/accounts/email", {"email": email, "action_add": ""})
    assert asked.url.startswith("/accounts/again")
    client.post(asked.url, {"password": RIGHT}, follow=True)


def link_in(mail):
    return re.search(r"http://[^/]+(/accounts/\S+)", mail.body)[1]


def is_signed_in(client):
    return client.get("/topics").context["user"].is_authenticated


def sign_up(client, **fields):
    form = {"username": "ada", "email": "Ada@Example.org", "password": RIGHT, **fields}
    return client.post("/accounts/sign-up", form)


def test_signing_up_asks_the_address_to_confirm_itself(client, mailoutbox):
    assert sign_up(client).url == "/"
    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]
    assert not EmailAddress.objects.get().verified

    client.post(link_in(mailoutbox[0]))

    assert EmailAddress.objects.get().verified


def test_an_address_is_not_needed_and_many_have_none(client, mailoutbox):
    assert sign_up(client, email="").url == "/"
    client.logout()
    assert sign_up(client, username="wren", email="").url == "/"

    assert list(Account.objects.values_list("email", flat=True)) == ["", ""]
    assert mailoutbox == []


def test_where_it_is_required_nobody_signs_in_before_it_is_confirmed(client, settings, mailoutbox):
    settings.ACCOUNTS_EMAIL, settings.ACCOUNT_EMAIL_VERIFICATION = "required", "mandatory"
    assert "email" in sign_up(client, email="").context["form"].errors
    assert sign_up(client).url == "/accounts/email/sent"
    assert not is_signed_in(client)
    assert sign_in(client).url == "/accounts/email/sent"
    assert not is_signed_in(client)

    client.post(link_in(mailoutbox[0]))

    assert sign_in(client).url == "/"
    assert is_signed_in(client)


def test_a_forgotten_password_is_set_anew_by_mail_once(client, make_account, mailoutbox):
    make_account("ada")
    client.post("/accounts/password/reset", {"email": "ada@example.org"})
    link = link_in(mailoutbox[0])
    form = client.get(link, follow=True).request["PATH_INFO"]

    client.post(form, {"password1": OTHER, "password2": OTHER})

    assert sign_in(client, RIGHT).status_code == 200
    assert sign_in(client, OTHER).url == "/"
    client.logout()
    again = client.get(link, follow=True)
    assert "Bad Token" in again.text
    assert 'name="password1"' not in again.text


def test_no_key_from_a_mail_is_in_the_log(client, make_account, mailoutbox, caplog):
    caplog.set_level("INFO", logger="apps.requests")
    make_account("ada")
    client.post("/accounts/password/reset", {"email": "ada@example.org"})
    link = link_in(mailoutbox[0])
    client.get(link)
    client.get("/accounts/email/a-key-of-somebody")

    logged = [record.getMessage() for record in caplog.records]
    assert any(line.startswith("GET /accounts/password/reset/") for line in logged)
    assert any(line.startswith("GET /accounts/email/… ") for line in logged)
    assert link.rpartition("/")[2].partition("-")[2] not in " ".join(logged)


def test_asking_for_a_new_password_does_not_tell_who_has_an_account(client, make_account, held):
    make_account("ada")

    answers = [
        client.post("/accounts/password/reset", {"email": f"{name}@example.org"}, follow=True)
        for name in ("ada", "nobody")
    ]

    assert answers[0].redirect_chain == answers[1].redirect_chain
    texts = [re.sub(r'(value|content|data-after)="[^"]*"', "", a.text) for a in answers]
    assert texts[0] == texts[1]


def test_one_address_gets_no_flood_of_mail(client, make_account, mailoutbox, held):
    make_account("ada")
    held(password_reset=Pace(2, 60))
    for _ in range(4):
        client.post("/accounts/password/reset", {"email": "ada@example.org"})

    assert len(mailoutbox) == 2


def test_an_address_changes_when_the_new_one_is_confirmed(client, make_account, mailoutbox):
    make_account("ada", is_verified=True)
    sign_in(client)
    mailoutbox.clear()
    change_address(client, "new@example.org")
    assert Account.objects.get().email == "ada@example.org"

    client.post(link_in(mailoutbox[0]))

    assert Account.objects.get().email == "new@example.org"
    assert [one.email for one in EmailAddress.objects.all()] == ["new@example.org"]


def test_an_address_that_somebody_took_meanwhile_is_refused_and_nothing_changes(
    client, make_account, mailoutbox
):
    make_account("ada", is_verified=True)
    sign_in(client)
    mailoutbox.clear()
    change_address(client, "wren@example.org")
    make_account("wren")

    answer = client.post(link_in(mailoutbox[0]))

    assert answer.status_code == 400
    assert "This e-mail address is taken" in answer.text
    assert Account.objects.get(username="ada").email == "ada@example.org"
    rows = EmailAddress.objects.filter(user__username="ada", verified=True, primary=True)
    assert [one.email for one in rows] == ["ada@example.org"]


def test_addresses_are_unique_whatever_their_case(make_account):
    make_account("ada")

    with pytest.raises(NameTaken):
        services.sign_up(username="wren", email="ADA@example.org", password=RIGHT)


def test_with_a_second_factor_the_password_alone_signs_nobody_in(client, make_account, with_codes):
    codes = with_codes(make_account("ada"))

    assert sign_in(client).url == "/accounts/second-factor/authenticate/"
    assert not is_signed_in(client)
    wrong = client.post("/accounts/second-factor/authenticate/", {"code": "00000000"})
    assert wrong.status_code == 200
    assert not is_signed_in(client)

    client.post("/accounts/second-factor/authenticate/", {"code": codes[0]})
    assert is_signed_in(client)
    client.logout()

    # A recovery code is used up.
    sign_in(client)
    client.post("/accounts/second-factor/authenticate/", {"code": codes[0]})
    assert not is_signed_in(client)


def test_an_authenticator_app_is_set_up_and_then_asked_for(client, make_account):
    make_account("ada")
    sign_in(client)
    path = "/accounts/second-factor/totp/activate/"
    asked = client.get(path)
    client.post(asked.url, {"password": RIGHT})
    secret = client.get(path).context["form"].secret

    def code():
        return format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    assert client.post(path, {"code": "000000"}).context["form"].errors
    client.post(path, {"code": code()})
    codes = client.get("/accounts/second-factor/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    client.logout()
    assert sign_in(client).url == "/accounts/second-factor/authenticate/"
    client.post("/accounts/second-factor/authenticate/", {"code": code()})

    assert is_signed_in(client)


def test_staff_with_a_second_factor_do_not_get_into_admin_without(client, make_account, with_codes):
    with_codes(make_account("ada", is_staff=True, is_superuser=True))
    form = {"username": "ada", "password": RIGHT}

    client.post("/admin/login/?next=/admin/", form)
    client.post("/accounts/sign-in?next=/admin/", form)

    assert client.get("/admin/").status_code == 302


def test_codes_are_not_guessed(client, make_account, with_codes, held):
    codes = with_codes(make_account("ada"))
    sign_in(client)
    path = "/accounts/second-factor/authenticate/"
    statuses = [client.post(path, {"code": f"{n:08}"}).status_code for n in range(6)]

    assert statuses == [200] * 5 + [429]
    assert client.post(path, {"code": codes[0]}, REMOTE_ADDR="198.51.100.9").status_code == 429


def test_secrets_of_second_factors_are_not_legible_in_the_directory(make_account, with_codes):
    from allauth.mfa.totp.internal.auth import TOTP

    with_codes(make_account("ada"))

    stored = Authenticator.objects.get(type="totp")

    assert stored.data["secret"].startswith("gAAAA")
    assert len(TOTP(stored).instance.wrap().instance.data["secret"]) > 60


def test_second_factors_change_only_after_the_password_was_said_again(client, make_account):
    client.force_login(make_account("ada"))

    answer = client.get("/accounts/second-factor/totp/activate/")

    assert answer.url.startswith("/accounts/again")


def test_an_admin_lets_somebody_in_who_lost_the_keys(client, make_account, with_codes):
    ada = make_account("ada")
    with_codes(ada)
    client.force_login(make_account("root", is_staff=True, is_superuser=True))

    form = {"action": "remove_second_factors", "_selected_action": [ada.pk]}
    client.post("/admin/accounts/account/", form)

    assert not Authenticator.objects.exists()


def test_a_new_password_ends_the_other_sessions(client, make_account, django_user_model):
    from django.test import Client

    make_account("ada")
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
    form = {"oldpassword": RIGHT, "password1": OTHER, "password2": OTHER}

    client.post("/accounts/password", form)

    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)


def test_sessions_are_noted_with_the_address_that_counts(client, make_account):
    make_account("ada")

    sign_in(client, REMOTE_ADDR="2001:db8::1:2")

    assert [one.ip for one in UserSession.objects.all()] == ["2001:db8::"]


def test_tables_of_identity_are_in_the_directory_alone(settings):
    from django.db import connections

    from apps.sharding.conf import conf

    tables = {"account_emailaddress", "mfa_authenticator", "usersessions_usersession"}
    found = {
        alias: tables & set(connections[alias].introspection.table_names())
        for alias in conf().primaries
    }

    assert found == {alias: tables if alias == "default" else set() for alias in conf().primaries}


def test_a_suspended_account_gets_in_by_no_door(client, make_account, with_codes, monkeypatch):
    from apps.accounts import hooks
    from apps.accounts.errors import SignInRefused
    from apps.plugins import calls

    codes = with_codes(make_account("ada"))
    sign_in(client)
    ask = calls.ask

    def refusing(spec, **about):
        if spec is hooks.check_sign_in:
            raise SignInRefused("Not today.", "/appeal", "Appeal")
        return ask(spec, **about)

    monkeypatch.setattr(calls, "ask", refusing)
    answer = client.post("/accounts/second-factor/authenticate/", {"code": codes[0]})

    assert answer.status_code == 403
    assert 'Not today. <a href="/appeal">Appeal</a>' in answer.text
    assert not is_signed_in(client)


def test_check_is_content():
    call_command("check")
