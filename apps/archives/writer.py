"""Writes an account's archive, a zip as Mastodon makes it, in bounded memory."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from apps.accounts import selectors as accounts
from apps.accounts.selectors import ProfileCard
from apps.api import hooks as api_hooks
from apps.archives import documents, hooks
from apps.archives import pictures as files
from apps.archives.documents import Author, Item
from apps.follows import selectors as follows
from apps.kernel.cursors import Page
from apps.pictures import selectors as pictures
from apps.pictures.selectors import PictureCard
from apps.plugins import calls
from apps.posts import audiences, exports
from apps.posts.kinds import Audience

FOLLOWING = ("Account address", "Show boosts", "Notify on new posts", "Languages")
FOLLOWERS = ("Account address",)
MUTED = ("Account address", "Hide notifications")
PAGE = 500

Progress = Callable[[int], None]
Take = Callable[[str], object]


def total_of(account_id: int) -> int:
    """Return how many rows an archive has, without likes, bookmarks, who is muted and blocked."""
    counts = follows.counts(account_id)
    return exports.how_many(account_id) + counts["following"] + counts["followers"]


def write(card: ProfileCard, file: IO[bytes], progress: Progress) -> None:
    """Write the archive of an account; `progress` is told how many rows are done since."""
    author = Author(card.id, card.username, card.name, card.bio, card.joined_at)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("actor.json", _json(documents.actor(author)))
        _collection(archive, "outbox.json", _activities(author, progress))
        _files(archive, card.id, progress)
        _collection(archive, "likes.json", _urls(exports.likes_of(card.id)))
        _collection(archive, "bookmarks.json", _urls(exports.bookmarks_of(card.id)))
        _relations(archive, card.id, progress)


def _files(archive: zipfile.ZipFile, account_id: int, progress: Progress) -> None:
    for chunk in exports.illustrated_of(account_id):
        for shown in pictures.of_posts(chunk).values():
            for picture in shown:
                files.write(archive, picture)
                # No row, and yet a sign of life: files may take longer than all rows.
                progress(0)


def _relations(archive: zipfile.ZipFile, account_id: int, progress: Progress) -> None:
    following = _paged(lambda before: follows.following_page(account_id, before, PAGE), progress)
    _table(archive, "following_accounts.csv", FOLLOWING, following, ("true", "false", ""))
    followers = _paged(lambda before: follows.followers_page(account_id, before, PAGE), progress)
    _table(archive, "followers.csv", FOLLOWERS, followers)
    bonds = calls.ask(api_hooks.bonds_of, account_id=account_id)
    muted = sorted({other for bond in bonds for other in bond.mutes})
    blocked = sorted({other for bond in bonds for other in bond.blocks})
    _table(archive, "muted_accounts.csv", MUTED, _chunks(muted), ("true",))
    # Mastodon's has no heading.
    _table(archive, "blocked_accounts.csv", (), _chunks(blocked))


def _activities(author: Author, progress: Progress) -> Iterator[Any]:
    for chunk in exports.posts_of(author.id):
        named = audiences.named_in([row.pk for row in chunk if row.audience != Audience.PUBLIC])
        cards = accounts.cards_of({other for others in named.values() for other in others})
        extras = _extras([row.pk for row in chunk if row.extras])
        shown = pictures.of_posts([row.pk for row in chunk if row.pictures])
        for row in chunk:
            names = [cards[pk].username for pk in named.get(row.pk, ()) if pk in cards]
            item = _item(row, names, extras.get(row.pk, {}), shown.get(row.pk, ()))
            yield documents.activity(author, item)
        progress(len(chunk))


def _extras(post_ids: list[int]) -> dict[int, dict[str, Any]]:
    """Return what plugins say of posts, by post id."""
    found: dict[int, dict[str, Any]] = {}
    for answer in calls.ask(hooks.archived, post_ids=post_ids) if post_ids else ():
        for post_id, said in answer.items():
            found.setdefault(post_id, {}).update(said)
    return found


def _item(
    row: Any, named: Iterable[str], extras: dict[str, Any], shown: Iterable[PictureCard]
) -> Item:
    return Item(
        row.pk,
        row.text,
        row.created_at,
        row.in_reply_to_id,
        row.repost_of_id,
        Audience(row.audience),
        tuple(named),
        row.warning,
        extras,
        [files.document(picture) for picture in shown],
    )


def _urls(chunks: Iterable[list[int]]) -> Iterator[str]:
    for chunk in chunks:
        yield from map(documents.post_url, chunk)


def _paged(ask: Callable[[int | None], Page[int]], progress: Progress) -> Iterator[list[int]]:
    before = None
    while True:
        page = ask(before)
        yield list(page.items)
        progress(len(page.items))
        if page.next_cursor is None:
            return
        before = int(page.next_cursor)


def _chunks(found: list[int]) -> Iterator[list[int]]:
    yield from (found[at : at + PAGE] for at in range(0, len(found), PAGE))


def _collection(archive: zipfile.ZipFile, name: str, items: Iterable[Any]) -> None:
    count = 0
    with _member(archive, name) as take:
        head = {"@context": documents.CONTEXT, "id": name, "type": "OrderedCollection"}
        take(f'{_json(head)[:-1]}, "orderedItems": [')
        for count, item in enumerate(items, 1):
            take((",\n" if count > 1 else "\n") + _json(item))
        # The last thing, since it is known only now.
        take(f'\n], "totalItems": {count}}}\n')


def _table(
    archive: zipfile.ZipFile,
    name: str,
    heading: tuple[str, ...],
    chunks: Iterable[list[int]],
    rest: tuple[str, ...] = (),
) -> None:
    with _member(archive, name) as take:
        for row in [heading] if heading else []:
            take(_line(row))
        for chunk in chunks:
            for card in accounts.cards_of(chunk).values():
                take(_line((documents.address(card.username), *rest)))


@contextmanager
def _member(archive: zipfile.ZipFile, name: str) -> Iterator[Take]:
    with archive.open(name, "w", force_zip64=True) as member:
        text = io.TextIOWrapper(member, "utf-8", newline="")
        yield text.write
        text.flush()
        text.detach()


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
