"""The pages of signing up, signing in and of one's own profile."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from apps.accounts import selectors
from apps.accounts.forms import ProfileForm, SignInForm, SignUpForm
from apps.accounts.limits import PASSWORD, SIGN_UP_ADDRESS
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
    login(request, account)
    messages.success(request, f"Welcome, @{account.username}.")
    return redirect("timelines:home")


class SignIn(auth_views.LoginView):
    """Sign in with username and password."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


@method_decorator(throttled(PASSWORD), name="dispatch")
class ChangePassword(auth_views.PasswordChangeView):
    """Change one's own password; other browsers are signed out by it."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:profile-edit")

    def form_valid(self, form: object) -> HttpResponse:
        """Store the password and say so."""
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)  # type: ignore[arg-type]


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
        messages.success(request, "Your profile is saved.")
        return redirect("timelines:profile", account.username)
    parts = calls.gather(hooks.settings_part, request=request)
    context = {"form": form, "profile": card, "parts": parts}
    return render(request, "accounts/profile_edit.html", context)
