"""Pages that another process has just made, taken from the data grid in place of made once more.

What a page depends on is known only when it is made. But it is mostly what the page before it did:
the names of that one's versions, with the versions of now, are the key under which the first
process that makes it puts it for the others. Whoever takes it holds the page's own versions against
the grid, so a key that says too little costs nothing but the look.
"""

import hashlib
import pickle
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from apps.caching import code, memory, store
from apps.edge.asks import Ask
from apps.edge.pages import Page, generation, is_current
from apps.grid.near_cache import clock
from apps.kernel import words
from apps.plugins import manager

# Others ask within a moment, or not at all.
KEEP_SECONDS = 10
# A commit takes some milliseconds. A page that is made meanwhile is for those who wait for it, and
# the next visitor would have one made again; after so long one is made all the same.
COMMIT_SECONDS = 0.1
# The right to make a page ends after this; others wait as long, then make their own.
MAKE_MS = 400
PAUSE_SECONDS = 0.005


class Turn(NamedTuple):
    """A page that was made already, or the right to make one for others under a key."""

    page: Page | None = None
    key: str = ""
    holder: str = ""


ALONE = Turn()


def turn(ask: Ask, names: Sequence[str]) -> Turn:
    """Return whose turn it is; `names` are those of the versions of the page before."""
    try:
        versions = _settled(names)
        return _taken(ask, _key(ask, names, versions)) if versions else ALONE
    except store.Away:
        return ALONE


def give(mine: Turn, page: Page | None) -> None:
    """Put a page under the key of one's turn; None lets others try."""
    if not mine.key:
        return
    try:
        if page is None:
            store.release([mine.key], mine.holder)
        else:
            store.put({mine.key: _packed(page)}, mine.holder, seconds=KEEP_SECONDS)
    except store.Away:
        return


def _settled(names: Sequence[str]) -> Sequence[str]:
    """Return the versions of names when no commit touches one of them; nothing if that lasts."""
    until = time.monotonic() + COMMIT_SECONDS
    while True:
        versions = memory.current(names)
        if not any(version.startswith("!") for version in versions):
            return versions
        if time.monotonic() > until:
            return ()
        time.sleep(PAUSE_SECONDS)


def _taken(ask: Ask, key: str) -> Turn:
    holder, until = words.unique(), time.monotonic() + MAKE_MS / 1000
    while time.monotonic() < until:
        (found,) = store.get_or_lock([key], holder, MAKE_MS)
        if isinstance(found, bytes):
            page = _unpacked(ask, found)
            return Turn(page) if _is_right(ask, page) else ALONE
        if found:
            return Turn(None, key, holder)
        time.sleep(PAUSE_SECONDS)
    return ALONE


def _is_right(ask: Ask, page: Page) -> bool:
    memory.current(list(page.versions))
    is_right = is_current(page, memory.near(), generation())
    return is_right and page.reaches(ask.token, memory.confirmed())


def _key(ask: Ask, names: Sequence[str], versions: Sequence[str]) -> str:
    asked = (code.fingerprint(), sorted(manager.plan().on), tuple(ask.key))
    text = repr((asked, sorted(zip(names, versions, strict=True))))
    return "page:" + hashlib.sha256(text.encode()).hexdigest()


def _packed(page: Page) -> bytes:
    plain = replace(page, checked=-1, cookie=None)
    return pickle.dumps((plain, time.time() + page.until - clock()))


def _unpacked(ask: Ask, packed: bytes) -> Page:
    page: Page
    page, until = pickle.loads(packed)  # noqa: S301  (none but this program writes there)
    left = until - time.time()
    return replace(page, key=ask.key, generation=generation(), until=clock() + left)
