"""An author changes what a post says. What it said before stays, for all who may see the post."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.caching.queries import cached
from apps.events import outbox
from apps.indexing.hot import hot
from apps.plugins import calls
from apps.posts import cards, hooks, rendering, samples, services, texts
from apps.posts.errors import NoSuchPost, NotTheAuthor, TextRefused
from apps.posts.events import PostEdited, SharedEdited
from apps.posts.hooks import Draft
from apps.posts.kinds import Audience
from apps.posts.models import Named, Post, Version
from apps.replication import scopes
from apps.sharding import shards

MOST_VERSIONS = 100


class Said(NamedTuple):
    """What a post says, or said until the next version."""

    at: datetime
    text: str
    warning: str

    @property
    def html(self) -> SafeString:
        """The text with its links."""
        return rendering.to_html(self.text).html


def edit(*, post_id: int, by: int, text: str, warning: str = "") -> None:
    """Have a post say something else and announce it; the same words again change nothing.

    Who is newly named in what is not for everybody sees it from now on; nobody sees it no longer.
    Raises NoSuchPost, NotTheAuthor, TextRefused, NotAllowed.
    """
    post = _own(post_id, by)
    services.check("publish", by, None)
    draft = _filtered(post, text, warning)
    post.text = texts.clean(draft.text, may_be_empty=bool(post.pictures))
    named = services.named_by(post, None)
    with shards.atomic_for(post_id):
        row = Post.objects.select_for_update().filter(id=post_id).first()
        if row is None:
            raise NoSuchPost(post_id)
        if (row.text, row.warning) == (post.text, draft.warning):
            return
        _keep(row)
        row.text, row.warning, row.edited_at = post.text, draft.warning, timezone.now()
        row.save(update_fields=["text", "warning", "edited_at"])
        rows = [Named(post_id=post_id, account_id=pk) for pk in named]
        Named.objects.bulk_create(rows, ignore_conflicts=True)
        outbox.record(_edited(row))


def history(post_id: int) -> list[Said]:
    """Return what a post said and says, the oldest first. Who may see that, the caller knows."""
    now = cards.stored([post_id]).get(post_id)
    if now is None:
        return []
    last = Said(now.edited_at or now.created_at, now.text, now.warning)
    return [*(Said(*row) for row in _versions(post_id)), last]


@cached("posts.versions", tags=lambda post_id: [f"posts.versions:{post_id}"])
@hot("posts.versions", lambda shard: samples.edited(shard))
def _versions(post_id: int) -> list[tuple[datetime, str, str]]:
    rows = Version.objects.filter(post_id=post_id).order_by("number")
    return list(rows.values_list("written_at", "text", "warning"))


def _own(post_id: int, account_id: int) -> Post:
    with scopes.primary():
        post = Post.objects.filter(id=post_id, repost_of_id=None).first()
    if post is None:
        raise NoSuchPost(post_id)
    if post.author_id != account_id:
        raise NotTheAuthor
    return post


def _filtered(post: Post, text: str, warning: str) -> Draft:
    cleaned = texts.clean(text, may_be_empty=bool(post.pictures))
    draft = Draft(
        post.author_id,
        cleaned,
        post.in_reply_to_id,
        audience=post.audience,
        warning=texts.clean_warning(warning, cleaned),
        edits=post.pk,
    )
    draft = calls.pipe(hooks.filter_draft, draft)
    if draft.taken:
        raise TextRefused(_("This would have to be looked at first, so the post stays as it was."))
    return draft


def _edited(row: Post) -> PostEdited | SharedEdited:
    if row.audience == Audience.PUBLIC:
        return PostEdited(row.pk, row.author_id, row.in_reply_to_id)
    return SharedEdited(row.pk, row.author_id, row.in_reply_to_id, row.audience)


def _keep(row: Post) -> None:
    number = Version.objects.filter(post_id=row.pk).count()
    if number >= MOST_VERSIONS:
        raise TextRefused(_("This post was changed too often; write another one."))
    Version.objects.create(
        post_id=row.pk,
        number=number,
        text=row.text,
        warning=row.warning,
        written_at=row.edited_at or row.created_at,
    )
