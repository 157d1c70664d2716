"""The form that confirms a deletion."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts import limits
from apps.accounts.requests import account_of
from apps.erasure.errors import NotConfirmed
from apps.throttling.limits import give_back


class ConfirmForm(forms.Form):
    """The name typed and the password once more; a wrong password counts as one of signing in."""

    username = forms.CharField(
        label=_("Your username"),
        max_length=31,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **options: Any) -> None:
        super().__init__(*args, **options)
        self.request, self.account = request, account_of(request)
        if not self.account.has_usable_password():
            # Who comes in by another door has none; the name must do.
            del self.fields["password"]

    def clean_username(self) -> str:
        """Hold the name against the account's, whatever its case."""
        typed: str = self.cleaned_data["username"].removeprefix("@")
        if typed.lower() != self.account.username.lower():
            raise forms.ValidationError(str(NotConfirmed("username")))
        return typed

    def clean_password(self) -> str:
        """Try the password; raises TooMany."""
        taken = limits.try_password(self.request, self.account.username)
        password: str = self.cleaned_data["password"]
        if not self.account.check_password(password):
            raise forms.ValidationError(str(NotConfirmed("password")))
        give_back(taken)
        return password
