"""What accounts are to the one that asks."""

from collections.abc import Sequence
from typing import Any

from apps.api import hooks
from apps.api.hooks import Bonds
from apps.follows import selectors as follows
from apps.plugins import calls


def many(viewer_id: int, account_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return relationships in the given order: one query, and one a shard."""
    following = set(follows.following_among(viewer_id, account_ids))
    followers = set(follows.followers_among(viewer_id, account_ids))
    bonds = _bonds(viewer_id)
    return [
        _NONE
        | {
            "id": str(pk),
            "following": pk in following,
            "showing_reblogs": pk in following,
            "followed_by": pk in followers,
            "blocking": pk in bonds.blocks,
            "blocked_by": pk in bonds.blocked_by,
            "muting": pk in bonds.mutes,
        }
        for pk in account_ids
    ]


def one(viewer_id: int, account_id: int) -> dict[str, Any]:
    """Return one relationship."""
    return many(viewer_id, [account_id])[0]


def _bonds(viewer_id: int) -> Bonds:
    found = calls.ask(hooks.bonds_of, account_id=viewer_id)
    return found[0] if found else Bonds()


# What this site has none of.
_NONE = {
    "notifying": False,
    "languages": None,
    "muting_notifications": False,
    "requested": False,
    "requested_by": False,
    "domain_blocking": False,
    "endorsed": False,
    "note": "",
}
