"""Where django-allauth's ways of signing in meet this site's rules."""

import logging
from contextlib import suppress
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import auth
from django.contrib.sites.shortcuts import get_current_site
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import render

from apps.accounts import hooks, limits, services, tasks
from apps.accounts.errors import NameTaken, SignInRefused
from apps.accounts.models import Account
from apps.plugins import calls
from apps.throttling.errors import TooMany
from apps.throttling.limits import give_back, hold
from apps.throttling.views import client_of

log = logging.getLogger(__name__)
SAID_ELSEWHERE = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):
    """Passwords are tried under our limits, stored by our verbs; mail is sent by a worker."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Account | None:
        """Try a password; a wrong one counts. Raises TooMany."""
        taken = limits.try_password(request, credentials["username"])
        account = auth.authenticate(request, **credentials)
        if account is not None:
            give_back(taken)
        return account  # type: ignore[return-value]

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in. Here all ways meet, after the last factor: so plugins may refuse it here."""
        try:
            calls.ask(hooks.check_sign_in, account_id=user.pk)
        except SignInRefused as refusal:
            page = render(request, "accounts/refused.html", {"refusal": refusal}, status=403)
            raise ImmediateHttpResponse(page) from refusal
        super().login(request, user)

    def set_password(self, user: Any, password: str) -> None:
        """Store another password."""
        services.set_password(account=user, password=password)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Take an address as confirmed, whole or not at all; raises NameTaken."""
        try:
            with transaction.atomic(using="default"):
                return super().confirm_email(request, email_address)
        except IntegrityError as error:
            raise NameTaken("email") from error

    def should_send_confirmation_mail(
        self, request: HttpRequest, email_address: EmailAddress, signup: bool
    ) -> bool:
        """Not more than the limit lets: who signs in must not be stopped by it."""
        with suppress(TooMany):
            hold({limits.MAIL: email_address.email})
            return True
        return False

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Send it, in silence not too often: another answer would say who has an account."""
        with suppress(TooMany):
            hold({limits.RESET: email})
            super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Have a worker send it: the site must not wait for the mail server."""
        site = get_current_site(self.request)
        about = {"request": self.request, "email": email, "current_site": site, **context}
        tasks.hand_on(self.render_mail(template_prefix, email, about))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *a: Any,
        **o: Any,
    ) -> None:
        """Say what allauth says, except for what one sees."""
        if message_template not in SAID_ELSEWHERE:
            super().add_message(request, level, message_template, *a, **o)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return whom a proxy names, if it is one of ours; of IPv6 the network alone."""
        found = client_of(request).partition("/")[0]
        # Over a socket without addresses nobody has one, and may sign in all the same.
        return "::" if found == "unknown" else found
