"""Every write to follows."""

from apps.accounts import hooks as accounts
from apps.accounts.hooks import Deed
from apps.events import outbox
from apps.follows.errors import FollowingOneself
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.follows.models import Follow, Tally
from apps.plugins import calls
from apps.replication import scopes
from apps.sharding import shards


def follow(*, follower_id: int, followed_id: int) -> None:
    """Follow an account, once. Raises FollowingOneself, NotAllowed."""
    if follower_id == followed_id:
        raise FollowingOneself
    with scopes.exact():
        calls.ask(accounts.check_deed, deed=Deed("follow", follower_id, followed_id))
    with shards.atomic_for(follower_id):
        _, made = Follow.objects.get_or_create(follower_id=follower_id, followed_id=followed_id)
        if made:
            Tally.add(follower_id, by=followed_id, following=1)
            outbox.record(AccountFollowed(follower_id=follower_id, followed_id=followed_id))


def unfollow(*, follower_id: int, followed_id: int) -> None:
    """Follow an account no longer; nothing happens where it was not followed."""
    with shards.atomic_for(follower_id):
        rows = Follow.objects.filter(follower_id=follower_id, followed_id=followed_id)
        gone, _ = rows.delete()
        if gone:
            Tally.add(follower_id, by=followed_id, following=-1)
            outbox.record(AccountUnfollowed(follower_id=follower_id, followed_id=followed_id))
