"""What posts and follows cause in home timelines."""

from collections.abc import Sequence

from apps.events.registry import subscriber
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.posts import selectors as posts
from apps.posts.events import PostDeleted, PostPublished, PostsImported
from apps.sharding import directory
from apps.timelines import arrivals, services


@subscriber(PostPublished)
def fan_out(event: PostPublished, event_id: int) -> None:
    """Give a post to all followers; entries that are there already stay as they are."""
    if posts.is_there(event.post_id):
        services.fan_out(author_id=event.author_id, items=[(event.post_id, event.repost_of_id)])
        _arrived([event.post_id])


@subscriber(PostsImported)
def fan_out_imported(event: PostsImported, event_id: int) -> None:
    """Give imported posts to all followers, in their old places; again adds nothing."""
    services.fan_out(
        author_id=event.author_id, items=[(post_id, None) for post_id in event.post_ids]
    )
    _arrived(event.post_ids)


@subscriber(PostDeleted)
def take_back(event: PostDeleted, event_id: int) -> None:
    """Take a post out of all timelines; a second time it is in none."""
    services.take_back(author_id=event.author_id, post_id=event.post_id)


@subscriber(AccountFollowed)
def add_author(event: AccountFollowed, event_id: int) -> None:
    """Bring the follower's timeline in line; the state decides, so again changes nothing."""
    services.reconcile(account_id=event.follower_id, author_id=event.followed_id)


@subscriber(AccountUnfollowed)
def remove_author(event: AccountUnfollowed, event_id: int) -> None:
    """Bring the follower's timeline in line; the state decides, so again changes nothing."""
    services.reconcile(account_id=event.follower_id, author_id=event.followed_id)


def _arrived(post_ids: Sequence[int]) -> None:
    """Have posts of one author, which are in all timelines, confirmed on all replicas."""
    arrivals.expect(shard=directory.shard_of_id(post_ids[0]), post_ids=post_ids)
