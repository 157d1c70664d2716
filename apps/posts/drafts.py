"""What an account has begun to write, on its own shard: found on every device, by nobody else."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.indexing.hot import hot
from apps.kernel import cursors
from apps.pictures import services as pictures
from apps.pictures.errors import NoSuchPicture
from apps.posts import samples, sendings, texts
from apps.posts.errors import NoSuchDraft, TextRefused, TooManyDrafts
from apps.posts.hooks import Draft
from apps.posts.kinds import Audience
from apps.posts.models import KeptDraft
from apps.posts.samples import given
from apps.posts.sendings import Sent
from apps.replication import scopes
from apps.sharding import directory, harvest, querysets, shards

# Of one account.
MOST = 100
PAGE = 20


class Content(NamedTuple):
    """What is written so far. It may be longer than a post: it is not finished."""

    text: str
    audience: int = Audience.PUBLIC
    warning: str = ""
    in_reply_to_id: int | None = None
    picture_ids: tuple[int, ...] = ()
    # Fields of plugins, a poll's say: as they were sent, since they are not finished either.
    parts: Mapping[str, str] = MappingProxyType({})


def keep(*, author_id: int, content: Content, key: str = "") -> KeptDraft:
    """Keep a draft with its pictures. Under one key it is one draft, that says what came last.

    Raises TextRefused, TooManyDrafts, NoSuchPicture, PictureRefused.
    """
    fields = _fields(content)
    with shards.atomic_for(author_id):
        mine = _wait(author_id)
        fields["change_id"] = shards.new_id(author_id)
        row, made = KeptDraft.objects.get_or_create(
            author_id=author_id, key=key or sendings.new_key(), defaults=fields
        )
        if made and mine.count() > MOST:
            raise TooManyDrafts(MOST)
        _put(row, fields)
    return row


def change(*, author_id: int, draft_id: int, content: Content) -> None:
    """Have a draft say something else; pictures that it leaves out are removed.

    Raises NoSuchDraft, TextRefused, NoSuchPicture, PictureRefused.
    """
    fields = _fields(content)
    with shards.atomic_for(author_id):
        row = _locked(author_id, draft_id)
        _put(row, {**fields, "change_id": shards.new_id(author_id)})


def discard(*, author_id: int, draft_id: int) -> None:
    """Remove a draft and its pictures. Raises NoSuchDraft."""
    with shards.atomic_for(author_id):
        publish(author_id=author_id, draft_id=draft_id, picture_ids=())


def publish(*, author_id: int, draft_id: int | None, picture_ids: Collection[int]) -> None:
    """Remove a draft in the transaction of the post that it becomes. Raises NoSuchDraft.

    Its pictures are the post's; those that the post leaves out are removed.
    """
    if draft_id is None:
        return
    shards.require("Publishing a draft")
    row = _locked(author_id, draft_id)
    row.delete()
    _free(author_id, row.picture_ids, picture_ids)


def hand_over(sent: Sent | None, draft: Draft, draft_id: int | None) -> None:
    """Leave what was sent to the plugin that has taken it, with its pictures; once."""
    with shards.atomic_for(draft.author_id):
        if sendings.claim(sent, None, draft.taken):
            if draft.picture_ids:
                pictures.hold(author_id=draft.author_id, picture_ids=draft.picture_ids)
            publish(author_id=draft.author_id, draft_id=draft_id, picture_ids=draft.picture_ids)


def is_there(*, author_id: int, draft_id: int | None) -> bool:
    """Tell whether a draft is still kept, by its shard's primary; also where none is meant."""
    if draft_id is None:
        return True
    with scopes.primary():
        return KeptDraft.objects.filter(author_id=author_id, id=draft_id).exists()


def find(*, author_id: int, draft_id: int) -> KeptDraft:
    """Return an account's draft, by its shard's primary; raises NoSuchDraft."""
    with scopes.primary():
        row = KeptDraft.objects.filter(author_id=author_id, id=draft_id).first()
    if row is None:
        raise NoSuchDraft
    return row


def page(*, author_id: int, before: int | None = None) -> cursors.Page[KeptDraft]:
    """Return an account's drafts, what was changed last first."""
    bound = cursors.LARGEST_ID if before is None else before
    rows = harvest.part(directory.shard_of_id(author_id), lambda: _newest(author_id, bound), None)
    if rows is None:
        return cursors.Page([], str(bound))
    return cursors.page(rows, PAGE, key=lambda row: row.change_id)


@hot("posts.drafts", lambda shard: given(samples.drafter(shard), cursors.LARGEST_ID))
def _newest(author_id: int, before: int) -> list[KeptDraft]:
    """Return a page of drafts and one more."""
    mine = KeptDraft.objects.filter(author_id=author_id, change_id__lt=before)
    return list(mine.order_by("-change_id")[: PAGE + 1])


def _wait(author_id: int) -> "querysets.ShardedQuerySet[KeptDraft]":
    """Return an account's drafts when nobody else is adding to them: so none is one too many."""
    mine = KeptDraft.objects.filter(author_id=author_id)
    # Where the limit is near there are rows to wait for.
    list(mine.order_by("id").select_for_update().values_list("id", flat=True))
    return mine


def _locked(author_id: int, draft_id: int) -> KeptDraft:
    mine = KeptDraft.objects.select_for_update().filter(author_id=author_id, id=draft_id)
    row = mine.first()
    if row is None:
        raise NoSuchDraft
    return row


def _put(row: KeptDraft, fields: dict[str, object]) -> None:
    before = row.picture_ids
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    wanted = row.picture_ids
    if wanted and pictures.hold(author_id=row.author_id, picture_ids=wanted) < len(wanted):
        raise NoSuchPicture
    _free(row.author_id, before, wanted)


def _free(author_id: int, held: Collection[int], still: Collection[int]) -> None:
    if left := set(held) - set(still):
        pictures.discard(author_id=author_id, picture_ids=left)


def _fields(content: Content) -> dict[str, object]:
    """Return what is stored of a draft; raises TextRefused where there is nothing in it."""
    shown = pictures.checked(content.picture_ids)
    text = texts.clean(content.text, texts.MOST_CODE_POINTS, may_be_empty=True)
    warning = texts.clean(content.warning, texts.MOST_CODE_POINTS, may_be_empty=True)
    if not (text or warning or shown):
        raise TextRefused(_("There is nothing to keep yet: write a few words."))
    return {
        "text": text,
        "warning": " ".join(warning.split()),
        "audience": content.audience,
        "in_reply_to_id": content.in_reply_to_id,
        "picture_ids": shown,
        "parts": dict(content.parts),
    }
