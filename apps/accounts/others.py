"""Signing in through another site: off, unless settings open a door."""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.db import transaction
from django.http import HttpRequest

from apps.accounts import services
from apps.accounts.models import Account


class OtherDoors(DefaultSocialAccountAdapter):
    """Who comes from elsewhere for the first time signs up here as everybody does."""

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None
    ) -> Account:
        """Make the account and note where it came from; raises NameTaken."""
        email = form.cleaned_data.get("email", "")
        with transaction.atomic(using="default"):
            account = services.sign_up(
                username=form.cleaned_data["username"],
                email=email,
                password=None,
                is_verified=_is_verified(sociallogin, email),
            )
            sociallogin.user = sociallogin.account.user = account
            sociallogin.account.save()
        return account


def _is_verified(sociallogin: SocialLogin, email: str) -> bool:
    """Tell whether the other site, which the operator trusts, says that the address is theirs."""
    known = sociallogin.email_addresses
    return any(one.verified and one.email.lower() == email.lower() for one in known)
