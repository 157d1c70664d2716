"""How often one may sign in or up. A try counts before its password is looked at, so that many at
once are not more than one after the other; one that succeeds is taken back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from apps.throttling import limits
from apps.throttling.limits import Away, By, Taken
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


CODES = limits.declare(
    "second-factor",
    5,
    300,
    by=By.ACCOUNT,
    away=Away.HERE,
    about="wrong codes of one account",
)
MAIL = limits.declare(
    "confirmation-mail",
    5,
    3600,
    by=By.NAME,
    away=Away.HERE,
    about="mails that ask one address to confirm itself",
)
RESET = limits.declare(
    "password-reset",
    5,
    3600,
    by=By.NAME,
    away=Away.HERE,
    about="mails to one address with a key to a new password",
)
RESET_ADDRESS = limits.declare(
    "password-reset-address",
    20,
    3600,
    by=By.ADDRESS,
    away=Away.HERE,
    about="forms that ask for such mails, from one address",
)
IDENTITY_ADDRESS = limits.declare(
    "identity-address",
    120,
    600,
    by=By.ADDRESS,
    away=Away.HERE,
    about="forms about addresses, passwords, second factors and sessions, from one address",
)


def try_password(request: HttpRequest | None, name: str) -> Taken:
    """Count a try of a name's password, to be given back where it is right; raises TooMany."""
    address, name = client_of(request) if request else "", name.lower()
    return limits.hold(
        {SIGN_IN: f"{name} {address}", SIGN_IN_ACCOUNT: name, SIGN_IN_ADDRESS: address}
    )


@contextmanager
def signing_in(request: HttpRequest | None, name: str) -> Iterator[None]:
    """Count a try to sign in with a name, unless nothing is raised inside; raises TooMany."""
    taken = try_password(request, name)
    yield
    limits.give_back(taken)
