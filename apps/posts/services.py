"""Every write to posts."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import hooks as account_hooks
from apps.accounts import selectors as accounts
from apps.accounts.hooks import Deed
from apps.events import outbox
from apps.pictures import services as pictures
from apps.plugins import calls
from apps.posts import audiences, drafts, hooks, likes, sendings, texts
from apps.posts import facts as facts_of
from apps.posts.errors import DraftTaken, NoSuchDraft, NoSuchPost, NotForAll, NotTheAuthor
from apps.posts.events import PostArrived, PostLiked, PostUnliked
from apps.posts.hooks import Draft
from apps.posts.kinds import Audience
from apps.posts.models import Bookmark, Like, Named, Post, Tally
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
    picture_ids: Sequence[int] = (),
    audience: int = Audience.PUBLIC,
    warning: str = "",
    kept_id: int | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Post:
    """Store a post with its pictures and announce it, or nothing. Under one `key` that is once.

    One that is not for everybody is for those whom it names, and for whom it answers. What its
    author has kept as a draft of it goes in the same transaction. `extras` is what plugins keep
    with it, by their names.

    The draft goes through the plugins' filters first, before a transaction is open. Raises
    TextRefused, DraftTaken, NotAllowed, NoSuchPost, AnotherDraft, NoSuchPicture, PictureRefused,
    NoSuchDraft.
    """
    sent = sendings.sent(author_id, key, text, in_reply_to_id)
    # Before the outcome is asked for: what is out by then has one.
    is_kept = drafts.is_there(author_id=author_id, draft_id=kept_id)
    if (before := sendings.outcome(sent)) is not None:
        return before
    if not is_kept:
        raise NoSuchDraft
    parent = _seen(in_reply_to_id, author_id) if in_reply_to_id else None
    check("reply" if parent else "publish", author_id, parent)
    shown = tuple(pictures.checked(picture_ids))
    cleaned = texts.clean(text, may_be_empty=bool(shown))
    draft = Draft(
        author_id,
        cleaned,
        in_reply_to_id,
        reviewed,
        picture_ids=shown,
        audience=audience,
        warning=texts.clean_warning(warning, cleaned),
        extras=extras or {},
    )
    draft = calls.pipe(hooks.filter_draft, draft)
    if draft.taken:
        drafts.hand_over(sent, draft, kept_id)
        raise DraftTaken(draft.taken)
    root_id = (parent.root_id or parent.pk) if parent else None
    post = Post(
        author_id=author_id,
        text=texts.clean(draft.text, may_be_empty=bool(shown)),
        warning=draft.warning,
        in_reply_to_id=in_reply_to_id,
        root_id=root_id,
        pictures=len(draft.picture_ids),
        audience=audience,
        extras=bool(draft.extras),
    )
    named = named_by(post, parent)
    is_first = _store(post, sent, draft, named, kept_id)
    return post if is_first else sendings.outcome(sent) or post


def repost(*, author_id: int, post_id: int) -> Post:
    """Repost a post, once; a repost of a repost is one of the original.

    Raises NoSuchPost, NotAllowed, NotForAll.
    """
    original = _seen(post_id, author_id)
    if original.repost_of_id:
        original = _seen(original.repost_of_id, author_id)
    if original.audience != Audience.PUBLIC:
        raise NotForAll
    check("repost", author_id, original)
    original_id = original.pk
    with shards.atomic_for(author_id):
        row, made = Post.objects.get_or_create(author_id=author_id, repost_of_id=original_id)
        if made:
            outbox.record(facts_of.published(row))
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


def delete_some(*, author_id: int, most: int) -> int:
    """Delete up to so many of an author's posts and reposts; returns how many there were.

    As `delete` does with each, but in few statements: for who deletes all of them.
    """
    with shards.atomic_for(author_id):
        mine = Post.objects.select_for_update().filter(author_id=author_id)
        rows = list(mine.order_by("id")[:most])
        written = [row.pk for row in rows if row.repost_of_id is None]
        if written:
            Tally.add(author_id, by=written[0], posts=-len(written))
            Tally.objects.filter(owner_id__in=written).delete()
        for row in rows:
            if row.pictures:
                pictures.drop_of(author_id=author_id, post_id=row.pk)
        if rows:
            Post.objects.filter(id__in=[row.pk for row in rows]).delete()
        for row in rows:
            outbox.record(facts_of.deleted(row))
    return len(rows)


def bookmark(*, account_id: int, post_id: int) -> None:
    """Keep a post to find it again, once; of a repost, what it is of. Raises NoSuchPost."""
    found = _seen(post_id, account_id)
    kept_id = found.repost_of_id or found.pk
    with shards.atomic_for(account_id):
        Bookmark.objects.get_or_create(account_id=account_id, post_id=kept_id)
    with scopes.primary():
        # Who deletes it later finds the bookmark; who did so just now may have missed it.
        is_there = Post.objects.filter(id=kept_id).exists()
    if not is_there:
        unbookmark(account_id=account_id, post_id=kept_id)
        raise NoSuchPost(post_id)


def unbookmark(*, account_id: int, post_id: int) -> None:
    """Keep a post no longer; nothing happens where it is not kept."""
    with shards.atomic_for(account_id):
        Bookmark.objects.filter(account_id=account_id, post_id=post_id).delete()


def like(*, account_id: int, post_id: int) -> None:
    """Like a post, once, and announce it. Raises NoSuchPost, NotAllowed."""
    permitted("like", actor_id=account_id, post_id=post_id)
    try:
        with shards.atomic_for(post_id) as opened:
            liked = likes.store(opened.shard, post_id=post_id, account_id=account_id)
            if liked is None:
                raise NoSuchPost(post_id)
            if liked.is_new:
                Tally.add(post_id, by=account_id, likes=1)
                fact = PostLiked(post_id=post_id, author_id=liked.author_id, account_id=account_id)
                outbox.record(fact)
    except IntegrityError as error:
        raise NoSuchPost(post_id) from error


def unlike(*, account_id: int, post_id: int) -> None:
    """Take a like back; nothing happens where there is none."""
    with shards.atomic_for(post_id):
        gone, _ = Like.objects.filter(post_id=post_id, account_id=account_id).delete()
        if gone:
            Tally.add(post_id, by=account_id, likes=-1)
            author_id = Post.objects.values_list("author_id", flat=True).get(id=post_id)
            outbox.record(PostUnliked(post_id=post_id, author_id=author_id, account_id=account_id))


def arrive(*, shard: str, post_ids: Sequence[int]) -> None:
    """Note that posts of one shard have arrived everywhere; announce each, once."""
    with transaction.atomic(using=shard):
        waiting = Post.objects.using(shard).filter(id__in=post_ids, arrived_at=None)
        rows = list(waiting.order_by("id").select_for_update())
        waiting.update(arrived_at=timezone.now())
        facts = [PostArrived(post_id=row.pk, author_id=row.author_id) for row in rows]
        outbox.record_many(shard, facts)


def _store(
    post: Post, sent: Sent | None, draft: Draft, named: Sequence[int], kept_id: int | None
) -> bool:
    """Store a post, unless the same draft was sent before; tells whether it is stored."""
    with shards.atomic_for(post.author_id):
        post.pk = shards.new_id(post.author_id)
        if not sendings.claim(sent, post.pk):
            return False
        drafts.publish(author_id=post.author_id, draft_id=kept_id, picture_ids=draft.picture_ids)
        post.save(force_insert=True)
        pictures.attach(author_id=post.author_id, post_id=post.pk, picture_ids=draft.picture_ids)
        Named.objects.bulk_create(Named(post_id=post.pk, account_id=pk) for pk in named)
        Tally.add(post.author_id, by=post.pk, posts=1)
        if draft.extras:
            facts = {"post_id": post.pk, "author_id": post.author_id}
            calls.gather(hooks.keep_with_post, **facts, extras=draft.extras)
        outbox.record(facts_of.published(post))
    return True


def permitted(kind: str, *, actor_id: int, post_id: int) -> Post:
    """Return the post with which an account may do something. Raises NoSuchPost, NotAllowed."""
    post = _seen(post_id, actor_id)
    check(kind, actor_id, post)
    return post


def named_by(post: Post, parent: Post | None) -> list[int]:
    """Return for whom besides its author, and perhaps followers, a post is that is not for all."""
    if post.audience == Audience.PUBLIC:
        return []
    named = set(accounts.ids_named(tuple(texts.names(post.text))).values())
    return sorted((named | ({parent.author_id} if parent else set())) - {post.author_id})


def _seen(post_id: int, actor_id: int) -> Post:
    """Return a post that an account may see; raises NoSuchPost for any other."""
    post = _existing(post_id)
    closed = [(post.pk, post.author_id, post.audience)]
    if post.audience != Audience.PUBLIC and not audiences.seen_among(closed, actor_id):
        raise NoSuchPost(post_id)
    return post


def _existing(post_id: int) -> Post:
    with scopes.primary():
        post = Post.objects.filter(id=post_id).first()
    if post is None:
        raise NoSuchPost(post_id)
    return post


def check(kind: str, actor_id: int, post: Post | None) -> None:
    """Ask the plugins whether an account may do something; raises NotAllowed."""
    with scopes.exact():
        calls.ask(
            account_hooks.check_deed, deed=Deed(kind, actor_id, post.author_id if post else None)
        )


def _delete(row: Post) -> None:
    """Delete a locked row and announce it."""
    fact = facts_of.deleted(row)
    if row.repost_of_id is None:
        Tally.add(row.author_id, by=row.pk, posts=-1)
        Tally.objects.filter(owner_id=row.pk).delete()
    if row.pictures:
        pictures.drop_of(author_id=row.author_id, post_id=row.pk)
    row.delete()
    outbox.record(fact)
