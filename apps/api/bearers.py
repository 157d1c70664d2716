"""Who asks: a token in the Authorization header, and what it allows.

A token ends with a mark of its account's session hash. So what ends all sessions (a new password, a
suspension) ends all tokens, and no row has to be found for it. Only digests of tokens are stored.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from oauth2_provider.models import AccessToken

from apps.accounts.backends import Backend
from apps.api import scopes as names
from apps.api.errors import Unauthorized
from apps.caching.queries import cached
from apps.indexing.hot import DIRECTORY, hot
from apps.replication import scopes
from apps.sharding.conf import conf

SALT = "api.bearer"
MARK = 16
LONGEST = 255


class Bearer(NamedTuple):
    """A valid token: whose it is (None: the app's own), and what it allows."""

    checksum: str
    account: AbstractBaseUser | None
    scopes: frozenset[str]
    app_id: int

    def allows(self, scope: str) -> bool:
        """Tell whether it allows a scope."""
        return names.allows(self.scopes, scope)


class Stored(NamedTuple):
    """What is stored of a token."""

    account_id: int | None
    scope: str
    expires: datetime
    app_id: int


def generate(request: Any, refresh_token: bool = False) -> str:
    """Return a new token for what the OAuth server has just granted."""
    account = getattr(request, "user", None)
    mark = _mark(account.get_session_auth_hash()) if account is not None else "0" * MARK
    return f"{secrets.token_urlsafe(32)}-{mark}"


def of(request: HttpRequest) -> Bearer | None:
    """Return the token of a request, None where it has none; raises Unauthorized for a bad one."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    return found(token.strip())


def found(token: str) -> Bearer:
    """Return a token that is valid now; raises Unauthorized."""
    if not 0 < len(token) <= LONGEST:
        raise Unauthorized
    checksum = hashlib.sha256(token.encode()).hexdigest()
    row = _stored(checksum)
    if row is None or row[2] < timezone.now():
        raise Unauthorized
    stored = Stored(*row)
    account = _account(stored.account_id, token)
    return Bearer(checksum, account, frozenset(stored.scope.split()), stored.app_id)


def _account(account_id: int | None, token: str) -> AbstractBaseUser | None:
    if account_id is None:
        return None
    account = Backend().get_user(account_id)
    mark = _mark(account.get_session_auth_hash()) if account is not None else ""
    if account is None or not constant_time_compare(token[-MARK:], mark):
        raise Unauthorized
    return account


@cached(
    "api.token",
    tags=lambda checksum: [f"oauth2_provider.token:{checksum}"],
    group=conf().directory,
)
@hot("api.token", lambda _: _newest(), is_on=DIRECTORY)
def _stored(checksum: str) -> tuple[Any, ...] | None:
    # A token may be used in the moment in which it is made, before any replica has it.
    with scopes.primary():
        rows = AccessToken.objects.filter(token_checksum=checksum)
        return rows.values_list("user_id", "scope", "expires", "application_id").first()


def _newest() -> tuple[str] | None:
    newest = AccessToken.objects.order_by("-id").values_list("token_checksum", flat=True).first()
    return (newest,) if newest else None


def _mark(session_hash: str) -> str:
    return salted_hmac(SALT, session_hash, algorithm="sha256").hexdigest()[:MARK]
