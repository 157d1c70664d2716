"""Sessions for visitors: signed in without a password, since hashing one is slow on purpose."""

from itertools import islice

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.contrib.sessions.backends.cached_db import SessionStore
from django.http import HttpRequest

from apps.loadtest.errors import CannotRun

Person = dict[str, str]


def sign_in(count: int) -> list[Person]:
    """Return so many accounts, or all there are, each with the key of a new session."""
    rows = get_user_model().objects.filter(is_active=True, is_staff=False).order_by("pk")
    people = [_session(account) for account in islice(rows.iterator(), count)]
    if not people:
        raise CannotRun("The site has no accounts. Make some: `manage.py seed_demo`.")
    return people


def _session(account: object) -> Person:
    request = HttpRequest()
    request.session = SessionStore()
    login(request, account, backend=settings.AUTHENTICATION_BACKENDS[0])  # type: ignore[arg-type]
    request.session.save()
    return {"name": str(account), "session": str(request.session.session_key)}
