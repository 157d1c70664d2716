"""An account's own part in its deletion; what calls these in order is erasure."""

from collections import Counter

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F

from apps.accounts import pictures
from apps.accounts.errors import NameTaken
from apps.accounts.events import AccountDeleted
from apps.accounts.models import Account, Profile, Tombstone
from apps.events import outbox
from apps.sharding import shards


def lock(*, account_id: int) -> None:
    """Have every session be over, and no password be right, from now on."""
    Account.objects.using("default").filter(pk=account_id).update(
        is_active=False,
        password=make_password(None),
        email="",
        session_epoch=F("session_epoch") + 1,
    )


def close(*, account_id: int) -> Counter[str]:
    """Remove all by which one gets in; returns how many rows of which tables are gone.

    Sessions, tokens of apps, second factors, mail addresses and doors elsewhere: all that points
    at the account's row.
    """
    lock(account_id=account_id)
    gone = Counter({"django_session": _end_sessions(account_id)})
    for relation in Account._meta.related_objects:
        model = relation.related_model
        found = model._base_manager.using("default").filter(**{relation.field.name: account_id})
        for label, count in found.delete()[1].items():
            gone[apps.get_model(label)._meta.db_table] += count
    return +gone


def announce_deleted(*, account_id: int) -> None:
    """Announce that an account is being deleted."""
    with shards.atomic_for(account_id):
        outbox.record(AccountDeleted(account_id=account_id))


def discard_picture(*, account_id: int) -> None:
    """Remove the file of an account's picture."""
    for profile in Profile.objects.filter(id=account_id):
        pictures.discard(profile.picture, unless="")


def bury(*, account_id: int) -> int:
    """Take the name for ever, and delete the account's row; both or neither."""
    with transaction.atomic(using="default"):
        found = Account.objects.using("default").select_for_update().filter(pk=account_id).first()
        if found is None:
            return 0
        Tombstone.objects.using("default").get_or_create(name=found.username.lower())
        found.delete(using="default")
    return 1


def refuse_buried(username: str) -> None:
    """Raise NameTaken for the name of an account that was deleted."""
    if Tombstone.objects.using("default").filter(name=username.lower()).exists():
        raise NameTaken("username")


def _end_sessions(account_id: int) -> int:
    """End its sessions. Nothing but what is in them says whose they are, so each is looked into."""
    count = 0
    for session in Session.objects.using("default").iterator(chunk_size=1000):
        if session.get_decoded().get("_auth_user_id") == str(account_id):
            SessionStore(session.session_key).delete()
            count += 1
    return count
