"""Who a request comes from."""

from collections.abc import Callable, Sequence
from typing import cast

from django.http import HttpRequest

from apps.accounts.models import Account
from apps.caching.ahead import Expected

# What each page of an account asks, by the account's id.
Asking = Callable[[int], Sequence[Expected]]
_asking: list[Asking] = []


def account_of(request: HttpRequest) -> Account:
    """Return the signed-in account; only behind `login_required`."""
    return cast(Account, request.user)


def viewer_of(request: HttpRequest) -> int | None:
    """Return the id of the signed-in account, None for a visitor."""
    # What is refused before anybody looked who it is has no user.
    user = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated else None


def on_each_page(asking: Asking) -> None:
    """Have what each page of an account asks looked for together with the account."""
    _asking.append(asking)


def expected(account_id: int) -> list[Expected]:
    """Return what each page of an account asks."""
    return [one for asking in _asking for one in asking(account_id)]
