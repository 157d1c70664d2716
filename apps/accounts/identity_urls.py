"""The addresses of django-allauth, each limited.

The names are those that allauth itself goes by; three of them are pages of ours.
"""

from collections.abc import Iterator
from importlib import import_module

from allauth.account import views as account
from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path, re_path

from apps.accounts import views
from apps.accounts.limits import IDENTITY_ADDRESS, PASSWORD, RESET_ADDRESS
from apps.throttling.limits import Limit
from apps.throttling.views import throttled

Found = URLPattern | URLResolver

OWN: list[Found] = [
    path("sign-in", views.SignIn.as_view(), name="account_login"),
    path("sign-up", views.sign_up, name="account_signup"),
    path("sign-out", LogoutView.as_view(), name="account_logout"),
]
PASSWORDS: list[Found] = [
    path("password", account.password_change, name="account_change_password"),
    path("password/set", account.password_set, name="account_set_password"),
]
MAILED: list[Found] = [
    path("password/reset", account.password_reset, name="account_reset_password"),
]
REST: list[Found] = [
    path("inactive", account.account_inactive, name="account_inactive"),
    path("again", account.reauthenticate, name="account_reauthenticate"),
    path("second-factor/", include("allauth.mfa.urls")),
]
WITH_MAIL: list[Found] = [
    path("email", account.email, name="account_email"),
    path("email/sent", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^email/(?P<key>[-:\w]+)$", account.confirm_email, name="account_confirm_email"),
    path("password/reset/sent", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
OTHERS: list[Found] = [path("elsewhere/", include("allauth.socialaccount.urls"))]


def held(found: list[Found], *limits: Limit) -> Iterator[Found]:
    """Yield addresses whose forms count."""
    for one in found:
        if isinstance(one, URLResolver):
            yield URLResolver(one.pattern, list(held(one.url_patterns, *limits)))
        else:
            view = throttled(*limits)(one.callback)
            yield URLPattern(one.pattern, view, one.default_args, one.name)


def providers() -> list[Found]:
    """Return the addresses that other sites lead back to, of the doors that are open."""
    apps = [name for name in settings.INSTALLED_APPS if ".socialaccount.providers." in name]
    return [one for name in apps for one in import_module(f"{name}.urls").urlpatterns]


urlpatterns: list[Found] = [
    *OWN,
    *held(PASSWORDS, PASSWORD),
    *held(REST, IDENTITY_ADDRESS),
]
if settings.ACCOUNTS_EMAIL != "off":
    urlpatterns += held(MAILED, RESET_ADDRESS)
    urlpatterns += held(WITH_MAIL, IDENTITY_ADDRESS)
if doors := providers():
    urlpatterns += held([*OTHERS, *doors], IDENTITY_ADDRESS)
