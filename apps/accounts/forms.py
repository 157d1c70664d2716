"""Sign-up and the profile's settings."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.accounts import hooks, limits, services
from apps.accounts.errors import NameTaken, SignInRefused
from apps.accounts.models import USERNAME, Account
from apps.accounts.widgets import LongSelect
from apps.pictures.errors import PictureRefused
from apps.plugins import calls
from apps.plugins.errors import Unanswered


class SignUpForm(forms.Form):
    """Makes an account; what is wrong comes back as the form's errors."""

    username = forms.CharField(
        label=_("Username"),
        max_length=30,
        validators=[USERNAME],
        help_text=_("Letters, digits and underscores. This is how others find you."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 8 characters, and not a common word."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if settings.ACCOUNTS_EMAIL == "off":
            del self.fields["email"]
        elif settings.ACCOUNTS_EMAIL == "optional":
            self.fields["email"].required = False
            self.fields["email"].help_text = _("If you like: it lets you set a new password.")

    def clean(self) -> dict[str, Any]:
        """Hold the password against the rules, with the other fields known."""
        cleaned = super().clean() or {}
        account = Account(username=cleaned.get("username", ""), email=cleaned.get("email", ""))
        try:
            validate_password(cleaned.get("password", ""), account)
        except ValidationError as error:
            self.add_error("password", error)
        return cleaned

    def save(self) -> Account | None:
        """Sign up; returns None, with an error on the field, where the name is taken."""
        try:
            return services.sign_up(**{"email": "", **self.cleaned_data})
        except NameTaken as error:
            self.add_error(error.field, str(error))
            return None


class SignInForm(AuthenticationForm):
    """Django's own, with the words of this site.

    Wrong passwords are counted; raises TooMany where there were too many. Plugins may refuse to
    sign an account in, once its password is known to be right.
    """

    error_messages = {
        "invalid_login": _("This username and password do not belong together. Try again."),
        "inactive": _("This account may not sign in. Ask the moderators of this site."),
    }

    def clean(self) -> dict[str, Any]:
        """Try the password."""
        with limits.signing_in(self.request, self.cleaned_data.get("username") or ""):
            return super().clean()

    def confirm_login_allowed(self, user: Any) -> None:
        """Ask them; raises ValidationError with the reason and, if there is one, a link."""
        super().confirm_login_allowed(user)
        try:
            calls.ask(hooks.check_sign_in, account_id=user.pk)
        except SignInRefused as refusal:
            link = format_html('<a href="{}">{}</a>', refusal.url, refusal.link)
            reason = format_html("{} {}", str(refusal), link if refusal.url else "")
            raise ValidationError(reason, code="refused") from refusal
        except Unanswered as error:
            raise ValidationError(str(error), code="unanswered") from error


class ProfileForm(forms.Form):
    """The public side of an account."""

    name = forms.CharField(
        label=_("Name"),
        max_length=50,
        required=False,
        help_text=_("Shown above your @username."),
    )
    bio = forms.CharField(
        label=_("About you"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("A few words about you, 500 characters at most."),
    )
    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        help_text=_("JPEG, PNG, WebP or GIF, 5 MB at most. Without one your initials stand in."),
    )
    remove_picture = forms.BooleanField(required=False, label=_("Remove the picture"))

    def save(self, account_id: int) -> bool:
        """Store the profile; returns False, with an error on the field, for a bad picture."""
        try:
            services.edit_profile(account_id=account_id, **self.cleaned_data)
        except PictureRefused as error:
            self.add_error("picture", str(error))
            return False
        return True


@cache
def zones() -> list[str]:
    """Return the names of all time zones, without aliases of old."""
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")


class PreferencesForm(forms.Form):
    """How an account's pages look."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser asks for")), *settings.LANGUAGES],
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        widget=LongSelect,
        choices=lambda: [("", _("The browser's")), *((name, name) for name in zones())],
    )
    theme = forms.ChoiceField(
        label=_("Colours"),
        required=False,
        choices=[("", _("As the system has them")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    shortcuts = forms.BooleanField(
        label=_("Keyboard shortcuts"),
        required=False,
        help_text=_("Press ? to see them."),
    )
