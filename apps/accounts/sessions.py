"""Where an account is signed in, and ending that."""

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

# Who sends which word; more than one send "Safari" and "Linux", so these are asked for last.
BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def of(request: HttpRequest, account: AbstractBaseUser) -> list[UserSession]:
    """Return the sessions of an account, the newest first; those that are over are forgotten."""
    # One from before sessions were noted is noted now.
    UserSession.objects.create_from_request(request)
    found = UserSession.objects.purge_and_list(account)
    for session in found:
        session.device = device(session.user_agent)
    return sorted(found, key=lambda session: session.created_at, reverse=True)


def device(user_agent: str) -> str:
    """Return the browser and the system that a browser says it is, as people call them."""
    found = [
        next((shown for sign, shown in signs if sign in user_agent), "")
        for signs in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or user_agent[:60] or "?"


def end(request: HttpRequest, account: AbstractBaseUser, chosen: str) -> int:
    """End one session by its id, or all `others`; returns how many ended."""
    ended = [
        session
        for session in of(request, account)
        if str(session.pk) == chosen or (chosen == "others" and not session.is_current())
    ]
    for session in ended:
        session.end()
    return len(ended)
