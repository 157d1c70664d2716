"""Who a request comes from."""

from typing import cast

from django.http import HttpRequest

from apps.accounts.models import Account


def account_of(request: HttpRequest) -> Account:
    """Return the signed-in account; only behind `login_required`."""
    return cast(Account, request.user)


def viewer_of(request: HttpRequest) -> int | None:
    """Return the id of the signed-in account, None for a visitor."""
    # What is refused before anybody looked who it is has no user.
    user = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated else None
