"""Who is notified of what posts and follows announce. Imported posts notify nobody.

No order is promised between the events of a deed and of taking it back, so what is so now decides,
by the primary of where the deed is.
"""

from apps.events.registry import subscriber
from apps.follows import selectors as follows
from apps.follows.events import AccountFollowed, AccountUnfollowed
from apps.notifications import services
from apps.notifications.kinds import Kind
from apps.posts import selectors as posts
from apps.posts.events import PostDeleted, PostLiked, PostPublished, PostShared, PostUnliked
from apps.replication import scopes


def _is_reply(event: PostPublished | PostShared | PostDeleted) -> bool:
    return event.in_reply_to_id is not None


def _is_repost(event: PostPublished | PostDeleted) -> bool:
    return event.repost_of_id is not None


@subscriber(PostLiked, ordered=False)
def notify_of_like(event: PostLiked, event_id: int) -> None:
    """Tell the author of a like; the state decides, so again changes nothing."""
    _reconcile_like(event)


@subscriber(PostUnliked, ordered=False)
def withdraw_like(event: PostUnliked, event_id: int) -> None:
    """Take back what was told of a like; the state decides, so again changes nothing."""
    _reconcile_like(event)


@subscriber(PostPublished, ordered=False, when=_is_reply)
@subscriber(PostShared, ordered=False, when=_is_reply, name="notifications.notify_of_shared_reply")
def notify_of_reply(event: PostPublished | PostShared, event_id: int) -> None:
    """Tell who is answered, if the reply is still there; a second time it is told already."""
    if event.in_reply_to_id is None:
        return
    author_id = posts.author_of(event.in_reply_to_id)
    if author_id is not None:
        services.reconcile(
            account_id=author_id,
            kind=Kind.REPLY,
            actor_id=event.author_id,
            post_id=event.post_id,
            is_so=lambda: posts.is_there(event.post_id),
        )


@subscriber(PostPublished, ordered=False, when=_is_repost)
def notify_of_repost(event: PostPublished, event_id: int) -> None:
    """Tell whose post is reposted; the state decides, so again changes nothing."""
    _reconcile_repost(event)


@subscriber(PostDeleted, ordered=False, when=_is_reply)
def withdraw_reply(event: PostDeleted, event_id: int) -> None:
    """Take back what was told of a reply; a second time there is nothing to take.

    Whoever was told lives beside the post that was answered, even where that is gone.
    """
    if event.in_reply_to_id is not None:
        services.withdraw_of(post_id=event.post_id, kinds=[Kind.REPLY], beside=event.in_reply_to_id)


@subscriber(PostDeleted, ordered=False, when=_is_repost)
def withdraw_repost(event: PostDeleted, event_id: int) -> None:
    """Take back what was told of a repost; the state decides, so again changes nothing."""
    _reconcile_repost(event)


@subscriber(PostDeleted, ordered=False)
def withdraw_of_post(event: PostDeleted, event_id: int) -> None:
    """Take back what its author was told of a post; a second time there is nothing to take."""
    services.withdraw_of(
        post_id=event.post_id, kinds=[Kind.LIKE, Kind.REPOST], beside=event.author_id
    )


@subscriber(AccountFollowed, ordered=False)
def notify_of_follow(event: AccountFollowed, event_id: int) -> None:
    """Tell who is followed; the state decides, so again changes nothing."""
    _reconcile_follow(event)


@subscriber(AccountUnfollowed, ordered=False)
def withdraw_follow(event: AccountUnfollowed, event_id: int) -> None:
    """Take back what was told of a follow; the state decides, so again changes nothing."""
    _reconcile_follow(event)


def _reconcile_like(event: PostLiked | PostUnliked) -> None:
    services.reconcile(
        account_id=event.author_id,
        kind=Kind.LIKE,
        actor_id=event.account_id,
        post_id=event.post_id,
        is_so=lambda: posts.is_liked(event.post_id, by=event.account_id),
    )


def _reconcile_repost(event: PostPublished | PostDeleted) -> None:
    original_id = event.repost_of_id
    if original_id is None:
        return
    author_id = posts.author_of(original_id)
    if author_id is not None:
        services.reconcile(
            account_id=author_id,
            kind=Kind.REPOST,
            actor_id=event.author_id,
            post_id=original_id,
            is_so=lambda: posts.is_reposted(original_id, by=event.author_id),
        )


def _reconcile_follow(event: AccountFollowed | AccountUnfollowed) -> None:
    services.reconcile(
        account_id=event.followed_id,
        kind=Kind.FOLLOW,
        actor_id=event.follower_id,
        is_so=lambda: _is_following(event),
    )


def _is_following(event: AccountFollowed | AccountUnfollowed) -> bool:
    with scopes.primary():
        return follows.is_following(event.follower_id, event.followed_id)
