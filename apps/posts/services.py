"""Every write to posts."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import hooks as accounts
from apps.accounts.hooks import Deed
from apps.events import outbox
from apps.plugins import calls
from apps.posts import hooks, sendings, texts
from apps.posts.errors import DraftTaken, NoSuchPost, NotTheAuthor
from apps.posts.events import PostArrived, PostDeleted, PostLiked, PostPublished, PostUnliked
from apps.posts.hooks import Draft
from apps.posts.models import Like, Post, Tally
from apps.posts.sendings import Sent
from apps.replication import scopes
from apps.sharding import shards


def publish(
    *,
    author_id: int,
    text: str,
    in_reply_to_id: int | None = None,
    reviewed: bool = False,
    key: str = "",
) -> Post:
    """Store a post and announce it; both or neither. Under one `key` that happens once.

    The draft goes through the plugins' filters first, before a transaction is open. Raises
    TextRefused, DraftTaken, NotAllowed, NoSuchPost, AnotherDraft.
    """
    sent = sendings.sent(author_id, key, text, in_reply_to_id)
    if (before := sendings.outcome(sent)) is not None:
        return before
    parent = _existing(in_reply_to_id) if in_reply_to_id else None
    _check("reply" if parent else "publish", author_id, parent)
    draft = Draft(author_id, texts.clean(text), in_reply_to_id, reviewed)
    draft = calls.pipe(hooks.filter_draft, draft)
    if draft.taken:
        sendings.note_taken(sent, draft.taken)
        raise DraftTaken(draft.taken)
    root_id = (parent.root_id or parent.pk) if parent else None
    post = Post(
        author_id=author_id,
        text=texts.clean(draft.text),
        in_reply_to_id=in_reply_to_id,
        root_id=root_id,
    )
    return post if _store(post, sent) else sendings.outcome(sent) or post


def repost(*, author_id: int, post_id: int) -> Post:
    """Repost a post, once; a repost of a repost is one of the original.

    Raises NoSuchPost, NotAllowed.
    """
    original = _existing(post_id)
    if original.repost_of_id:
        original = _existing(original.repost_of_id)
    _check("repost", author_id, original)
    original_id = original.pk
    with shards.atomic_for(author_id):
        row, made = Post.objects.get_or_create(author_id=author_id, repost_of_id=original_id)
        if made:
            outbox.record(_fact(PostPublished, row))
    return row


def unrepost(*, author_id: int, post_id: int) -> None:
    """Take a repost back; nothing happens where there is none."""
    with shards.atomic_for(author_id):
        mine = Post.objects.filter(author_id=author_id, repost_of_id=post_id)
        for row in mine.select_for_update():
            _delete(row)


def delete(*, post_id: int, by: int | None = None) -> None:
    """Delete a post with its likes and counts. Raises NoSuchPost, NotTheAuthor.

    `by` is the account that asks; None is a moderator, who may delete any.
    """
    with shards.atomic_for(post_id):
        row = Post.objects.select_for_update().filter(id=post_id).first()
        if row is None:
            raise NoSuchPost(post_id)
        if by is not None and row.author_id != by:
            raise NotTheAuthor
        _delete(row)


def like(*, account_id: int, post_id: int) -> None:
    """Like a post, once, and announce it. Raises NoSuchPost, NotAllowed."""
    _check("like", account_id, _existing(post_id))
    try:
        with shards.atomic_for(post_id):
            _, made = Like.objects.get_or_create(post_id=post_id, account_id=account_id)
            if made:
                Tally.add(post_id, by=account_id, likes=1)
                _announce(PostLiked, account_id, post_id)
    except (IntegrityError, Post.DoesNotExist) as error:
        raise NoSuchPost(post_id) from error


def unlike(*, account_id: int, post_id: int) -> None:
    """Take a like back; nothing happens where there is none."""
    with shards.atomic_for(post_id):
        gone, _ = Like.objects.filter(post_id=post_id, account_id=account_id).delete()
        if gone:
            Tally.add(post_id, by=account_id, likes=-1)
            _announce(PostUnliked, account_id, post_id)


def arrive(*, shard: str, post_ids: Sequence[int]) -> None:
    """Note that posts of one shard have arrived everywhere; announce each, once."""
    with transaction.atomic(using=shard):
        waiting = Post.objects.using(shard).filter(id__in=post_ids, arrived_at=None)
        rows = list(waiting.order_by("id").select_for_update())
        waiting.update(arrived_at=timezone.now())
        facts = [PostArrived(post_id=row.pk, author_id=row.author_id) for row in rows]
        outbox.record_many(shard, facts)


def _store(post: Post, sent: Sent | None) -> bool:
    """Store a post, unless the same draft was sent before; tells whether it is stored."""
    with shards.atomic_for(post.author_id):
        post.pk = shards.new_id(post.author_id)
        if not sendings.claim(sent, post.pk):
            return False
        post.save(force_insert=True)
        Tally.add(post.author_id, by=post.pk, posts=1)
        outbox.record(_fact(PostPublished, post))
    return True


def _existing(post_id: int) -> Post:
    with scopes.primary():
        post = Post.objects.filter(id=post_id).first()
    if post is None:
        raise NoSuchPost(post_id)
    return post


def _check(kind: str, actor_id: int, post: Post | None) -> None:
    with scopes.exact():
        calls.ask(accounts.check_deed, deed=Deed(kind, actor_id, post.author_id if post else None))


def _delete(row: Post) -> None:
    """Delete a locked row and announce it."""
    fact = _fact(PostDeleted, row)
    if row.repost_of_id is None:
        Tally.add(row.author_id, by=row.pk, posts=-1)
        Tally.objects.filter(owner_id=row.pk).delete()
    row.delete()
    outbox.record(fact)


def _announce(kind: type[PostLiked] | type[PostUnliked], account_id: int, post_id: int) -> None:
    author_id = Post.objects.values_list("author_id", flat=True).get(id=post_id)
    outbox.record(kind(post_id=post_id, author_id=author_id, account_id=account_id))


def _fact(kind: type[PostPublished] | type[PostDeleted], row: Post) -> PostPublished | PostDeleted:
    return kind(
        post_id=row.pk,
        author_id=row.author_id,
        in_reply_to_id=row.in_reply_to_id,
        root_id=row.root_id,
        repost_of_id=row.repost_of_id,
    )
