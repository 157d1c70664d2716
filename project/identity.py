"""How people prove who they are: mail, second factors and the doors of others, for settings.py.

It returns what django-allauth and Django's mail read; docs/settings.md lists the variables.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from apps.kernel.errors import Misconfigured

OFF, OPTIONAL, REQUIRED = "off", "optional", "required"
VERIFICATION = {OFF: "none", OPTIONAL: "optional", REQUIRED: "mandatory"}
FIELDS = {OFF: [], OPTIONAL: ["email"], REQUIRED: ["email*"]}
MAIL_FORMS = "smtp://user:password@host:587, smtps://…, file:///folder or console:"
SMTP_PORTS = {"smtp": 587, "smtps": 465}
BACKENDS = "django.core.mail.backends"
# What a browser is led to when somebody signs in there, beside the operator's own server.
DOORS = {"github": "https://github.com", "google": "https://accounts.google.com"}
CLIENTS = {"github": "ROOKERY_GITHUB_LOGIN", "google": "ROOKERY_GOOGLE_LOGIN"}
SCOPES = {"github": ["read:user", "user:email"], "google": ["profile", "email"]}


def settings(
    environ: Mapping[str, str], *, home: Path, embedded: bool, site_url: str, site_name: str
) -> dict[str, Any]:
    """Return the settings by name; raises Misconfigured."""
    use = _use(environ, embedded)
    return {
        "ACCOUNTS_EMAIL": use,
        **_mail(environ, home, site_url),
        **_accounts(use, site_url, site_name),
        **_second_factors(site_url, site_name),
        **_others(environ),
    }


def doors(environ: Mapping[str, str]) -> list[str]:
    """Return the addresses that a form for signing in elsewhere leads to."""
    found = [url for name, url in DOORS.items() if environ.get(CLIENTS[name])]
    server = environ.get("ROOKERY_OPENID_URL", "")
    return [*found, *([f"https://{urlsplit(server).netloc}"] if server else [])]


def providers(environ: Mapping[str, str]) -> list[str]:
    """Return the apps of the doors that are open."""
    names = [name for name in DOORS if environ.get(CLIENTS[name])]
    names += ["openid_connect"] if environ.get("ROOKERY_OPENID_LOGIN") else []
    return [f"allauth.socialaccount.providers.{name}" for name in names]


def _use(environ: Mapping[str, str], embedded: bool) -> str:
    """Return what e-mail is used for; without a mail server a site of others' has none."""
    can_send = embedded or bool(environ.get("ROOKERY_MAIL_URL"))
    use = environ.get("ROOKERY_EMAIL") or (OPTIONAL if can_send else OFF)
    if use not in VERIFICATION:
        raise Misconfigured("ROOKERY_EMAIL", "off, optional or required", use)
    if use != OFF and not can_send:
        raise Misconfigured("ROOKERY_MAIL_URL", f"with ROOKERY_EMAIL={use}: {MAIL_FORMS}", "")
    return use


def _mail(environ: Mapping[str, str], home: Path, site_url: str) -> dict[str, Any]:
    """Return where mail goes: with nothing said, into files that a developer can open."""
    url = urlsplit(environ.get("ROOKERY_MAIL_URL") or f"file://{home / 'mail'}")
    sender = f"rookery@{urlsplit(site_url).hostname}"
    found: dict[str, Any] = {
        "DEFAULT_FROM_EMAIL": environ.get("ROOKERY_MAIL_FROM") or sender,
        "EMAIL_TIMEOUT": 10,
    }
    if url.scheme == "console":
        return {**found, "EMAIL_BACKEND": f"{BACKENDS}.console.EmailBackend"}
    if url.scheme == "file" and url.path:
        backend = f"{BACKENDS}.filebased.EmailBackend"
        return {**found, "EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": url.path}
    if url.scheme not in SMTP_PORTS or not url.hostname:
        raise Misconfigured("ROOKERY_MAIL_URL", MAIL_FORMS, url.scheme)
    return {
        **found,
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or SMTP_PORTS[url.scheme],
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        # Mail carries keys to accounts: in the open only where the operator asks for it.
        "EMAIL_USE_TLS": url.scheme == "smtp" and dict(parse_qsl(url.query)).get("tls") != "0",
    }


def _accounts(use: str, site_url: str, site_name: str) -> dict[str, Any]:
    return {
        "ACCOUNT_ADAPTER": "apps.accounts.adapters.AccountAdapter",
        # Ours are held by all units together, and hold without Valkey: apps/accounts/limits.py.
        "ACCOUNT_RATE_LIMITS": False,
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", *FIELDS[use], "password1*"],
        "ACCOUNT_EMAIL_VERIFICATION": VERIFICATION[use],
        "ACCOUNT_EMAIL_NOTIFICATIONS": use != OFF,
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": f"[{site_name}] ",
        # One address: another one takes its place when it is confirmed.
        "ACCOUNT_CHANGE_EMAIL": True,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_SESSION_REMEMBER": True,
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": urlsplit(site_url).scheme,
    }


def _second_factors(site_url: str, site_name: str) -> dict[str, Any]:
    forms = "apps.accounts.second_factors"
    return {
        "MFA_ADAPTER": f"{forms}.SecondFactors",
        "MFA_FORMS": {
            "authenticate": f"{forms}.CodeForm",
            "reauthenticate": f"{forms}.CodeAgainForm",
        },
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes", "webauthn"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        # An account needs no address; ROOKERY_EMAIL=required sees to it by itself.
        "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        "MFA_TOTP_ISSUER": site_name,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not site_url.startswith("https:"),
    }


def _others(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in DOORS:
        if client := _client(environ, CLIENTS[name]):
            found[name] = {"APPS": [client], "SCOPE": SCOPES[name], "VERIFIED_EMAIL": False}
    if client := _client(environ, "ROOKERY_OPENID_LOGIN"):
        server = environ.get("ROOKERY_OPENID_URL", "")
        if not server.startswith("https://"):
            raise Misconfigured("ROOKERY_OPENID_URL", "the https address of the server", server)
        name = environ.get("ROOKERY_OPENID_NAME") or "OpenID Connect"
        client |= {"provider_id": "openid", "name": name, "settings": {"server_url": server}}
        found["openid_connect"] = {"APPS": [client], "OAUTH_PKCE_ENABLED": True}
    return {
        "SOCIALACCOUNT_ADAPTER": "apps.accounts.others.OtherDoors",
        "SOCIALACCOUNT_PROVIDERS": found,
        # Everybody chooses a name here; what another site calls somebody may be taken.
        "SOCIALACCOUNT_AUTO_SIGNUP": False,
    }


def _client(environ: Mapping[str, str], name: str) -> dict[str, Any]:
    """Return what a site is to another one, by `id:secret`; empty where it is nothing."""
    text = environ.get(name, "")
    client, colon, secret = text.partition(":")
    if text and not (client and secret):
        raise Misconfigured(name, "the client's id and secret, as id:secret", client + colon)
    return {"client_id": client, "secret": secret} if text else {}
