"""Pages that another process has just made, taken from the data grid in place of made once more.

Each process puts a visitor's page that it has made under what was asked for. What a page depends on
is in the page: whoever finds one holds its versions against the grid, and where it is past gets the
right to make the next one, or waits for who has it.
"""

import hashlib
import pickle
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import uuid4

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
# Bytes before a page that are no other page's.
STAMP = 16


class Turn(NamedTuple):
    """A page that was made already, or the right to make one for others under a key."""

    page: Page | None = None
    key: str = ""
    holder: str = ""


ALONE = Turn()

# The newest version that is known of each group, without the name of who wrote it.
Basis = dict[str, str]


class Looking:
    """A visitor who wants a page of others, or the right to make one for them.

    `names` are those of the versions of the page before.
    """

    def __init__(self, ask: Ask, names: Sequence[str]) -> None:
        self._ask, self._names = ask, names
        self._key, self._name = _key(ask), words.unique()
        # The page that was found and is past.
        self._past = ""
        self._begun = time.monotonic()
        self._waits_for_commit = True

    def look(self) -> Turn | None:
        """Return whose turn it is; None where that is to be asked again in a moment."""
        try:
            versions = memory.current(self._names)
            if self._waits_for_commit and any(version.startswith("!") for version in versions):
                return None if self._waits(COMMIT_SECONDS) else ALONE
            self._waits_for_commit = False
            return self._found(_basis(self._names, versions))
        except store.Away:
            return ALONE

    def _found(self, basis: Basis) -> Turn | None:
        """Take the page, or the right to make it: also from who began before something was known.

        What he makes will be past, and to wait for it would only delay the next one.
        """
        holder, relieved = f"{self._name}|{_text(basis)}", ""
        while (found := self._asked(holder, relieved)) != holder:
            if isinstance(found, bytes):
                page = _unpacked(self._ask, found[STAMP:])
                if _is_right(self._ask, page):
                    return Turn(page)
                self._past = found[:STAMP].decode()
            elif _knows(found, basis):
                return None if self._waits(MAKE_MS / 1000) else ALONE
            else:
                relieved = found
        return Turn(None, self._key, holder)

    def _asked(self, holder: str, relieved: str) -> bytes | str:
        return store.newer_or_lock(self._key, self._past, holder, MAKE_MS, relieved=relieved)

    def _waits(self, seconds: float) -> bool:
        return time.monotonic() - self._begun < seconds


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


def _is_right(ask: Ask, page: Page) -> bool:
    memory.current(list(page.versions))
    is_right = is_current(page, memory.near(), generation())
    return is_right and page.reaches(ask.token, memory.confirmed())


def _basis(names: Sequence[str], versions: Sequence[str]) -> Basis:
    found: Basis = {}
    for name, version in zip(names, versions, strict=True):
        if version and not version.startswith("!"):
            group, reached = store.group_of(name), version.partition(".")[0]
            found[group] = max(found.get(group, ""), reached)
    return found


def _text(basis: Basis) -> str:
    return ",".join(f"{group}={version}" for group, version in basis.items())


def _knows(holder: str, basis: Basis) -> bool:
    """Tell whether who has the right knew of all this when it was given."""
    said = holder.partition("|")[2]
    known = dict(part.split("=") for part in said.split(",") if part)
    return all(known.get(group, "") >= version for group, version in basis.items())


def _key(ask: Ask) -> str:
    asked = (code.fingerprint(), sorted(manager.plan().on), tuple(ask.key))
    return "page:" + hashlib.sha256(repr(asked).encode()).hexdigest()


def _packed(page: Page) -> bytes:
    plain = replace(page, checked=-1, cookie=None)
    packed = pickle.dumps((plain, time.time() + page.until - clock()))
    return uuid4().hex[:STAMP].encode() + packed


def _unpacked(ask: Ask, packed: bytes) -> Page:
    page: Page
    page, until = pickle.loads(packed)  # noqa: S301  (none but this program writes there)
    left = until - time.time()
    return replace(page, key=ask.key, generation=generation(), until=clock() + left)
