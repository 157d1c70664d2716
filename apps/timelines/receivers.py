"""What posts and follows cause in home timelines."""

from collections.abc import Sequence

from apps.events.registry import batch_subscriber, subscriber
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.posts import selectors as posts
from apps.posts.events import PostDeleted, PostPublished, PostShared, PostsImported
from apps.posts.kinds import Audience
from apps.sharding import directory
from apps.timelines import arrivals, big_authors, services
from apps.timelines.entries import Item


@batch_subscriber(PostPublished)
def fan_out(batch: Sequence[tuple[PostPublished, int]]) -> None:
    """Give posts to all followers; entries that are there already stay as they are."""
    there = posts.existing(event.post_id for event, _ in batch)
    items = [
        Item(event.post_id, event.author_id, event.repost_of_id)
        for event, _ in batch
        if event.post_id in there
    ]
    _fan_out(items)


@batch_subscriber(PostShared)
def fan_out_shared(batch: Sequence[tuple[PostShared, int]]) -> None:
    """Give posts for followers to all followers; those for who is named are in no timeline."""
    there = posts.existing(event.post_id for event, _ in batch)
    found = [event for event, _ in batch if event.post_id in there]
    _fan_out(
        [
            Item(event.post_id, event.author_id, None)
            for event in found
            if event.audience == Audience.FOLLOWERS
        ]
    )
    _expect([event.post_id for event in found if event.audience != Audience.FOLLOWERS])


@subscriber(PostsImported)
def fan_out_imported(event: PostsImported, event_id: int) -> None:
    """Give imported posts to all followers, in their old places; again adds nothing."""
    _fan_out([Item(post_id, event.author_id, None) for post_id in event.post_ids])


@subscriber(PostDeleted)
def take_back(event: PostDeleted, event_id: int) -> None:
    """Take a post out of all timelines; a second time it is in none."""
    services.take_back(author_id=event.author_id, post_id=event.post_id)


@subscriber(AccountFollowed)
def add_author(event: AccountFollowed, event_id: int) -> None:
    """Bring the follower's timeline in line; the state decides, so again changes nothing."""
    services.reconcile(account_id=event.follower_id, author_id=event.followed_id)
    big_authors.review(author_id=event.followed_id)


@subscriber(AccountUnfollowed)
def remove_author(event: AccountUnfollowed, event_id: int) -> None:
    """Bring the follower's timeline in line; the state decides, so again changes nothing."""
    services.reconcile(account_id=event.follower_id, author_id=event.followed_id)
    big_authors.review(author_id=event.followed_id)


def _fan_out(items: Sequence[Item]) -> None:
    """Put posts of one shard into all timelines; from then on they are to arrive on replicas."""
    if items:
        services.fan_out(items)
        _expect([item.post_id for item in items])


def _expect(post_ids: Sequence[int]) -> None:
    if post_ids:
        arrivals.expect(shard=directory.shard_of_id(post_ids[0]), post_ids=post_ids)
