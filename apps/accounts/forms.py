"""Sign-up and the profile's settings."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from apps.accounts import services
from apps.accounts.errors import BadPicture, NameTaken
from apps.accounts.models import USERNAME, Account


class SignUpForm(forms.Form):
    """Makes an account; what is wrong comes back as the form's errors."""

    username = forms.CharField(
        max_length=30,
        validators=[USERNAME],
        help_text="Letters, digits and underscores. This is how others find you.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        strip=False,
        help_text="At least 8 characters, and not a common word.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

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
            return services.sign_up(**self.cleaned_data)
        except NameTaken as error:
            self.add_error(error.field, str(error))
            return None


class SignInForm(AuthenticationForm):
    """Django's own, with the words of this site."""

    error_messages = {
        "invalid_login": "This username and password do not belong together. Try again.",
        "inactive": "This account may not sign in. Ask the moderators of this site.",
    }


class ProfileForm(forms.Form):
    """The public side of an account."""

    name = forms.CharField(max_length=50, required=False, help_text="Shown above your @username.")
    bio = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="A few words about you, 500 characters at most.",
    )
    picture = forms.FileField(
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
        help_text="JPEG, PNG, WebP or GIF, 5 MB at most. Without one your initials stand in.",
    )
    remove_picture = forms.BooleanField(required=False, label="Remove the picture")

    def save(self, account_id: int) -> bool:
        """Store the profile; returns False, with an error on the field, for a bad picture."""
        try:
            services.edit_profile(account_id=account_id, **self.cleaned_data)
        except BadPicture as error:
            self.add_error("picture", str(error))
            return False
        return True
