"""How often one may sign in or up. A try counts before its password is looked at, so that many at
once are not more than one after the other; one that succeeds is taken back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from apps.throttling import limits
from apps.throttling.limits import Away, By
from apps.throttling.views import client_of

SIGN_IN = limits.declare(
    "sign-in",
    5,
    300,
    by=By.PAIR,
    away=Away.HERE,
    about="wrong passwords of one account from one address",
)
SIGN_IN_ACCOUNT = limits.declare(
    "sign-in-account",
    50,
    3600,
    by=By.NAME,
    away=Away.HERE,
    about="wrong passwords of one account from anywhere",
)
SIGN_IN_ADDRESS = limits.declare(
    "sign-in-address",
    60,
    3600,
    by=By.ADDRESS,
    away=Away.HERE,
    about="wrong passwords from one address, of any account",
)
SIGN_UP_ADDRESS = limits.declare(
    "sign-up-address",
    20,
    3600,
    by=By.ADDRESS,
    away=Away.HERE,
    about="forms of signing up from one address",
)

PASSWORD = limits.declare(
    "password",
    10,
    3600,
    by=By.ACCOUNT,
    away=Away.HERE,
    about="forms of changing one's password",
)


@contextmanager
def signing_in(request: HttpRequest | None, name: str) -> Iterator[None]:
    """Count a try to sign in with a name, unless nothing is raised inside; raises TooMany."""
    address, name = client_of(request) if request else "", name.lower()
    taken = limits.hold(
        {SIGN_IN: f"{name} {address}", SIGN_IN_ACCOUNT: name, SIGN_IN_ADDRESS: address}
    )
    yield
    limits.give_back(taken)
