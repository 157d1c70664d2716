"""What posts and follows cause in home timelines."""

from apps.events.registry import subscriber
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.posts import selectors as posts
from apps.posts.events import PostDeleted, PostPublished, PostsImported
from apps.push import topics
from apps.timelines import big_authors, services


@subscriber(PostPublished)
def fan_out(event: PostPublished, event_id: int) -> None:
    """Give a post to all followers; entries that are there already stay as they are."""
    if posts.is_there(event.post_id):
        services.fan_out(author_id=event.author_id, items=[(event.post_id, event.repost_of_id)])


@subscriber(PostPublished)
def tell_public(event: PostPublished, event_id: int) -> None:
    """Tell who looks at the public timeline; told twice, a browser counts one id once."""
    if event.in_reply_to_id is None and event.repost_of_id is None:
        topics.tell(topics.PUBLIC, {"post_id": str(event.post_id)})


@subscriber(PostsImported)
def fan_out_imported(event: PostsImported, event_id: int) -> None:
    """Give imported posts to all followers, in their old places; again adds nothing."""
    services.fan_out(
        author_id=event.author_id, items=[(post_id, None) for post_id in event.post_ids]
    )


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
