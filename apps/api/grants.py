"""Which apps an account has let in."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from django.db import router, transaction
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant

from apps.api import scopes
from apps.replication import scopes as replication


class LetIn(NamedTuple):
    """An app that may ask for an account: since when, and what, in words."""

    id: int
    name: str
    website: str
    since: datetime
    allowed: list[str]


def of(account_id: int) -> list[LetIn]:
    """Return the apps that an account has let in, the newest first, by the primary."""
    with replication.primary():
        rows = AccessToken.objects.filter(user_id=account_id, expires__gt=timezone.now())
        found = list(rows.select_related("application").order_by("-created"))
    tokens = defaultdict(list)
    for row in found:
        tokens[row.application].append(row)
    return [
        LetIn(app.pk, app.name, app.website, rows[-1].created, _words(rows))
        for app, rows in tokens.items()
    ]


def end(*, account_id: int, app_id: int) -> bool:
    """Let an app in no longer; tells whether it was."""
    with transaction.atomic(using=router.db_for_write(AccessToken)):
        Grant.objects.filter(user_id=account_id, application_id=app_id).delete()
        rows = AccessToken.objects.filter(user_id=account_id, application_id=app_id)
        return bool(rows.delete()[0])


def forget() -> None:
    """Forget codes and tokens whose time is over; again forgets nothing more."""
    for model in (Grant, AccessToken):
        model.objects.filter(expires__lt=timezone.now()).delete()


def _words(rows: list[AccessToken]) -> list[str]:
    granted = {scope for row in rows for scope in row.scope.split()}
    return [str(words) for scope, words in scopes.KNOWN.items() if scope in granted]
