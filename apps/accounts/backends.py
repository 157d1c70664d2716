"""Who signs in, and who is signed in: the second is asked at every request, and cached."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from apps.accounts import requests
from apps.accounts.models import Account
from apps.caching import ahead
from apps.caching.queries import cached
from apps.indexing.hot import DIRECTORY, hot
from apps.sharding.conf import conf

# The password and the address are in no cache; a field that is missing is read when it is used.
KEPT = {"id", "username", "is_staff", "is_superuser", "is_active"}
KEPT |= {"language", "time_zone", "theme", "shortcuts"}
FIELDS = tuple(field.attname for field in Account._meta.concrete_fields if field.attname in KEPT)


class Backend(ModelBackend):
    """Django's own, whose signed-in accounts come from the cache."""

    def get_user(self, user_id: Any) -> Account | None:
        """Return the account of a session, None where it is gone or may not sign in."""
        account_id = int(user_id)
        ahead.expect((_signed_in, account_id), *requests.expected(account_id))
        found = _signed_in(account_id)
        if found is None:
            return None
        account = Account.from_db(conf().directory, FIELDS, found[:-1])
        account.session_hash = found[-1]
        return account if self.user_can_authenticate(account) else None


# Another name whenever FIELDS change: units of two versions share the cache.
@cached(
    "accounts.signed_in_as",
    tags=lambda account_id: [f"accounts.account:{account_id}"],
    group=conf().directory,
)
@hot("accounts.signed_in_as", lambda _: _newest(), is_on=DIRECTORY)
def _signed_in(account_id: int) -> tuple[Any, ...] | None:
    account = (
        Account.objects.only(*FIELDS, "password", "session_epoch").filter(pk=account_id).first()
    )
    if account is None:
        return None
    return (*(getattr(account, name) for name in FIELDS), account.get_session_auth_hash())


def _newest() -> tuple[int] | None:
    newest = Account.objects.order_by("-id").values_list("id", flat=True).first()
    return (newest,) if newest else None
