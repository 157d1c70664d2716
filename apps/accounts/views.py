"""The pages of signing up, signing in and of one's own profile."""

from typing import Any

from allauth.account.internal import flows
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts import selectors, services
from apps.accounts import sessions as own_sessions
from apps.accounts.forms import PreferencesForm, ProfileForm, SignInForm, SignUpForm
from apps.accounts.limits import IDENTITY_ADDRESS, SIGN_UP_ADDRESS
from apps.accounts.requests import account_of
from apps.plugins import calls, hooks
from apps.throttling.views import throttled


@throttled(SIGN_UP_ADDRESS)
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account and sign it in."""
    if request.user.is_authenticated:
        return redirect("timelines:home")
    form = SignUpForm(request.POST or None)
    account = form.save() if form.is_valid() else None
    if account is None:
        return render(request, "accounts/sign_up.html", {"form": form})
    messages.success(request, _("Welcome, @%(name)s.") % {"name": account.username})
    home = reverse("timelines:home")
    return flows.signup.complete_signup(request, user=account, redirect_url=home)


class SignIn(auth_views.LoginView):
    """Sign in with username and password: with the one that is valid now, not on a replica.

    An account with a second factor, or an address that has to be confirmed, is led on to that.
    """

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on with who has the right password."""
        account = form.get_user()
        login = Login(user=account, redirect_url=self.get_success_url())
        return flows.login.perform_password_login(
            self.request, {"username": account.username}, login
        )


@login_required
def profile_edit(request: HttpRequest) -> HttpResponse:
    """Change one's own profile."""
    account = account_of(request)
    card = selectors.profile_named(account.username)
    form = ProfileForm(
        request.POST or None,
        request.FILES or None,
        initial={"name": card.name, "bio": card.bio},
    )
    if form.is_valid() and form.save(account.pk):
        messages.success(request, _("Your profile is saved."))
        return redirect("timelines:profile", account.username)
    parts = calls.gather(hooks.settings_part, request=request)
    context = {"form": form, "profile": card, "parts": parts}
    return render(request, "accounts/profile_edit.html", context)


@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """Change how one's own pages look."""
    account = account_of(request)
    initial = {name: getattr(account, name) for name in PreferencesForm.base_fields}
    form = PreferencesForm(request.POST or None, initial=initial)
    if form.is_valid():
        services.set_preferences(account_id=account.pk, **form.cleaned_data)
        with translation.override(form.cleaned_data["language"] or translation.get_language()):
            messages.success(request, _("Your preferences are saved."))
        return redirect("accounts:preferences")
    return render(request, "accounts/preferences.html", {"form": form})


@throttled(IDENTITY_ADDRESS)
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """List where one is signed in, and end it there."""
    account = account_of(request)
    if request.method == "POST":
        count = own_sessions.end(request, account, request.POST.get("end", ""))
        said = ngettext("%(number)d session is over.", "%(number)d sessions are over.", count)
        messages.success(request, said % {"number": count})
        return redirect("accounts:sessions")
    found = own_sessions.of(request, account)
    return render(request, "accounts/sessions.html", {"sessions": found})
