"""Signing in through another site."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.db import IntegrityError

from apps.accounts.errors import NameTaken
from apps.accounts.models import Account, Profile
from apps.accounts.others import OtherDoors
from project.tests.test_docs import ROOT

pytestmark = pytest.mark.django_db(databases="__all__")


def come(username, email="", *, verified=False, uid="17"):
    """Arrive from elsewhere and choose a name here."""
    login = SocialLogin(
        user=Account(),
        account=SocialAccount(provider="github", uid=uid),
        email_addresses=[EmailAddress(email="ada@example.org", verified=verified)],
    )
    form = SimpleNamespace(cleaned_data={"username": username, "email": email})
    return OtherDoors().save_user(None, login, form)


def test_who_comes_from_elsewhere_has_an_account_like_all_others():
    account = come("ada", "ada@example.org", verified=True)

    assert Profile.objects.get(id=account.pk).username == "ada"
    assert not account.has_usable_password()
    assert SocialAccount.objects.get().user_id == account.pk
    assert EmailAddress.objects.get().verified


@pytest.mark.parametrize(
    ("email", "verified"), [("ada@example.org", False), ("other@example.org", True)]
)
def test_only_an_address_that_was_confirmed_there_is_confirmed_here(email, verified):
    come("ada", email, verified=verified)

    assert not EmailAddress.objects.get().verified


def test_a_name_that_somebody_has_is_not_given_twice(make_account):
    make_account("ada")

    with pytest.raises(NameTaken):
        come("Ada")
    assert SocialAccount.objects.count() == 0


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_where_the_link_fails_the_name_stays_free():
    come("ada")
    with pytest.raises(IntegrityError):
        come("wren")

    assert list(Account.objects.values_list("username", flat=True)) == ["ada"]
    come("wren", uid="18")


def test_a_setting_opens_a_door_and_lets_forms_lead_there():
    code = (
        "import django; django.setup(); from django.urls import reverse;"
        "from django.conf import settings;"
        "print(reverse('github_login'), reverse('socialaccount_signup'),"
        "      *settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "ROOKERY_GITHUB_LOGIN": "id:secret",
    }
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)

    assert done.stdout.split() == [
        "/accounts/github/login/",
        "/accounts/elsewhere/signup/",
        "'self'",
        "https://github.com",
    ]
