"""Who mutes and blocks whom.

A block is on the shard of who blocks; who is blocked has a copy on his own. The copy is made at
once, and again by the event: so nothing that ends half way leaves the two apart.
"""

from collections import defaultdict
from typing import Any

from django.db import connections

from apps.accounts.events import SightChanged
from apps.accounts.hooks import Unseen
from apps.bundled.moderation.errors import Oneself
from apps.bundled.moderation.events import BlockChanged
from apps.bundled.moderation.kinds import Bond
from apps.bundled.moderation.models import Relation
from apps.caching.ahead import Expected
from apps.caching.queries import cached
from apps.events import outbox
from apps.follows import services as follows
from apps.notifications import services as notifications
from apps.replication import scopes
from apps.sharding import shards
from apps.sharding.prepared import prepared

# The first number keeps these locks apart from all others.
LOCK = "SELECT pg_advisory_xact_lock(1005, hashint8(%s))"


def mute(*, owner_id: int, other_id: int) -> None:
    """See an account no longer, unless asked for; it is not told. Raises Oneself."""
    _set(owner_id, other_id, Bond.MUTES, True)


def unmute(*, owner_id: int, other_id: int) -> None:
    """See it again; nothing happens where it was not muted."""
    _set(owner_id, other_id, Bond.MUTES, False)


def block(*, owner_id: int, other_id: int) -> None:
    """Neither sees the other any longer, follows end both ways. Raises Oneself."""
    _set(owner_id, other_id, Bond.BLOCKS, True)
    align(owner_id=owner_id, other_id=other_id)


def unblock(*, owner_id: int, other_id: int) -> None:
    """Both may see and follow each other again; what has ended stays ended."""
    _set(owner_id, other_id, Bond.BLOCKS, False)
    align(owner_id=owner_id, other_id=other_id)


def align(*, owner_id: int, other_id: int) -> None:
    """Bring all that follows from a block in line with it; again changes nothing.

    The lock makes two of these wait for each other, so the last has seen the last change.
    """
    with shards.atomic_for(other_id) as opened:
        with connections[opened.shard].cursor() as cursor:
            cursor.execute(LOCK, [other_id])
        blocked = is_blocking(owner_id, other_id)
        _write(other_id, owner_id, Bond.BLOCKED_BY, blocked)
    if blocked:
        for one, two in ((owner_id, other_id), (other_id, owner_id)):
            follows.unfollow(follower_id=one, followed_id=two)
            notifications.withdraw_all(account_id=one, actor_id=two)


def is_blocking(owner_id: int, other_id: int) -> bool:
    """Tell whether one account blocks another, by the primary of who blocks."""
    rows = Relation.objects.filter(owner_id=owner_id, other_id=other_id, bond=Bond.BLOCKS)
    with scopes.primary():
        return rows.exists()


def bonds(owner_id: int) -> dict[Bond, frozenset[int]]:
    """Return whom an account mutes and blocks, and who blocks it."""
    found: defaultdict[Bond, set[int]] = defaultdict(set)
    for bond, other_id in _bonds(owner_id):
        found[Bond(bond)].add(other_id)
    return {bond: frozenset(found[bond]) for bond in Bond}


def unseen(owner_id: int) -> Unseen:
    """Return whom an account does not see: blocked either way, or muted."""
    found = bonds(owner_id)
    return Unseen(found[Bond.BLOCKS] | found[Bond.BLOCKED_BY], found[Bond.MUTES])


def expected(account_id: int) -> list[Expected]:
    """Return what each page of an account will ask."""
    return [(_bonds, account_id)]


@cached("moderation.bonds", tags=lambda owner_id: [f"moderation.relations:{owner_id}"])
def _bonds(owner_id: int) -> list[tuple[str, int]]:
    return _rows(owner_id)


@prepared
def _rows(owner_id: int) -> Any:
    return Relation.objects.filter(owner_id=owner_id).values_list("bond", "other_id")


def _set(owner_id: int, other_id: int, bond: Bond, wanted: bool) -> None:
    if owner_id == other_id:
        raise Oneself
    with shards.atomic_for(owner_id):
        if _write(owner_id, other_id, bond, wanted) and bond == Bond.BLOCKS:
            outbox.record(BlockChanged(owner_id=owner_id, other_id=other_id))


def _write(owner_id: int, other_id: int, bond: Bond, wanted: bool) -> bool:
    """Have a row be there or not, in its owner's transaction; tells whether that is new."""
    row = {"owner_id": owner_id, "other_id": other_id, "bond": bond}
    if wanted:
        _, changed = Relation.objects.get_or_create(**row)
    else:
        changed = bool(Relation.objects.filter(**row).delete()[0])
    if changed:
        outbox.record(SightChanged(account_id=owner_id))
    return changed
