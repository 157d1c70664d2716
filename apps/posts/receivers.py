"""What a post causes on the shards of the posts that it answers or reposts."""

from apps.accounts.events import AccountDeleted
from apps.events import inbox, outbox
from apps.events.registry import subscriber
from apps.pictures import services as pictures
from apps.posts import selectors, services
from apps.posts.errors import NoSuchPost
from apps.posts.events import PostCounted, PostDeleted, PostPublished, PostShared
from apps.posts.models import Bookmark, Post, Reply, Tally
from apps.replication import scopes
from apps.sharding import shards
from apps.sharding.conf import conf


@subscriber(PostPublished, when=lambda event: event.root_id is not None)
@subscriber(
    PostShared, when=lambda event: event.root_id is not None, name="posts.join_conversation_closed"
)
def join_conversation(event: PostPublished | PostShared, event_id: int) -> None:
    """List a reply in its conversation; a second time the row is there already."""
    root_id, parent_id = event.root_id, event.in_reply_to_id
    if root_id and parent_id and selectors.is_there(event.post_id):
        row = Reply(root_id=root_id, parent_id=parent_id, reply_id=event.post_id)
        with shards.atomic_for(root_id):
            Reply.objects.bulk_create([row], ignore_conflicts=True)


@subscriber(PostShared, when=lambda event: event.in_reply_to_id is not None)
def count_shared(event: PostShared, event_id: int) -> None:
    """Count a reply on the post that it is of; a receipt keeps it to once."""
    _count(event.in_reply_to_id, "replies", event.author_id, event_id, 1)


def _is_of_another(event: PostPublished | PostDeleted) -> bool:
    return event.in_reply_to_id is not None or event.repost_of_id is not None


@subscriber(PostPublished, when=_is_of_another)
def count_published(event: PostPublished, event_id: int) -> None:
    """Count a reply or a repost on the post that it is of; a receipt keeps it to once."""
    _count_of(event, event_id, 1)
    if event.repost_of_id is not None and not selectors.is_there(event.repost_of_id):
        _delete_if_there(event.post_id)


@subscriber(PostDeleted, when=lambda event: event.root_id is not None)
def leave_conversation(event: PostDeleted, event_id: int) -> None:
    """Take a reply out of its conversation; a second time there is nothing to take."""
    if event.root_id:
        with shards.atomic_for(event.root_id):
            Reply.objects.filter(root_id=event.root_id, reply_id=event.post_id).delete()


@subscriber(PostDeleted, when=_is_of_another)
def count_deleted(event: PostDeleted, event_id: int) -> None:
    """Count a reply or a repost off again; a receipt keeps it to once."""
    _count_of(event, event_id, -1)


@subscriber(PostDeleted, when=lambda event: event.repost_of_id is None)
def delete_reposts(event: PostDeleted, event_id: int) -> None:
    """Delete the reposts of a deleted post; a second time there are none."""
    for shard in conf().shards:
        with scopes.primary():
            rows = list(Post.objects.on(shard).filter(repost_of_id=event.post_id))
        for row in rows:
            _delete_if_there(row.pk)


@subscriber(PostDeleted, when=lambda event: event.repost_of_id is None, ordered=False)
def forget_bookmarks(event: PostDeleted, event_id: int) -> None:
    """Take a deleted post out of all bookmarks; a second time it is in none."""
    for shard in conf().shards:
        with scopes.primary():
            kept = Bookmark.objects.on(shard).filter(post_id=event.post_id)
            account_ids = list(kept.values_list("account_id", flat=True))
        for account_id in account_ids:
            services.unbookmark(account_id=account_id, post_id=event.post_id)


def _count_of(event: PostPublished | PostDeleted, event_id: int, by: int) -> None:
    _count(event.in_reply_to_id, "replies", event.author_id, event_id, by)
    _count(event.repost_of_id, "reposts", event.author_id, event_id, by)


def _count(target: int | None, name: str, author_id: int, event_id: int, by: int) -> None:
    if target is None:
        return
    with shards.atomic_for(target):
        there = Post.objects.filter(id=target).exists()
        if there and inbox.first_time(target, event_id, name):
            Tally.add(target, by=author_id, **{name: by})
            outbox.record(PostCounted(post_id=target))


def _delete_if_there(post_id: int) -> None:
    try:
        services.delete(post_id=post_id)
    except NoSuchPost:
        pass


@subscriber(AccountDeleted)
def drop_pictures(event: AccountDeleted, event_id: int) -> None:
    """Remove what was uploaded and not posted, with its files; a second time there is nothing."""
    pictures.drop_all(author_id=event.account_id)
