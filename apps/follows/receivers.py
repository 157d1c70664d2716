"""What a follow causes on the followed account's shard."""

from apps.events import inbox
from apps.events.registry import subscriber
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.follows.models import Tally
from apps.sharding import shards


@subscriber(AccountFollowed)
def count_follower(event: AccountFollowed, event_id: int) -> None:
    """Count a new follower; a receipt keeps it to once."""
    _count(event, event_id, 1)


@subscriber(AccountUnfollowed)
def count_follower_off(event: AccountUnfollowed, event_id: int) -> None:
    """Count a follower off; a receipt keeps it to once."""
    _count(event, event_id, -1)


def _count(event: AccountFollowed | AccountUnfollowed, event_id: int, by: int) -> None:
    with shards.atomic_for(event.followed_id):
        if inbox.first_time(event.followed_id, event_id, "followers"):
            Tally.add(event.followed_id, by=event.follower_id, followers=by)
