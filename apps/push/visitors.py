"""Who is at the other end of a connection."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, parse_cookie


def account_in(cookies: str) -> int:
    """Return the id of the account whose session a Cookie header carries, 0 for a visitor.

    A session that is over, or an account that may not sign in any more, is a visitor.
    """
    engine = import_module(settings.SESSION_ENGINE)
    request = HttpRequest()
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    request.session = engine.SessionStore(session_key=key)
    return auth.get_user(request).pk or 0


def header(scope: dict[str, Any], name: bytes) -> str:
    """Return a header of a connection, empty where it has none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
