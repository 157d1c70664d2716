"""Pages that another process has just made, taken from the data grid in place of made once more.

Each process puts a visitor's page that it has made under what was asked for. What a page depends on
is in the page: whoever finds one holds its versions against the grid, and where it is past gets the
right to make the next one, or waits for who has it. However often a page changes, it is begun at
most once in PACE_SECONDS: whoever has the right waits as long before he uses it, and all who ask
meanwhile get what he makes, as those do who ask while he makes it.
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

# So long a page is there for other processes. It is as right then as on the first second.
KEEP_SECONDS = 60
# The least time from one making of a page to the next, by all processes together: what changes all
# the time must not be made all the time.
PACE_SECONDS = 0.1
# A commit takes some milliseconds. A page that is made meanwhile is for those who wait for it, and
# the next visitor has one made again; to wait longer keeps more waiting than it spares.
COMMIT_SECONDS = 0.03
# The right to make a page ends after this; others wait as long, then make their own.
MAKE_MS = 600
# Between two looks at what another does.
PAUSE_SECONDS = 0.01
# Comes between a word that is a page's own and the page, and between who makes one and when he
# begins.
MARK = ":"


class Turn(NamedTuple):
    """A page that was made already, or the right to make one for others under a key."""

    page: Page | None = None
    key: str = ""
    holder: str = ""


ALONE = Turn()


class Looking:
    """A visitor who wants a page of others, or the right to make one for them.

    `names` are those of the versions of the page before.
    """

    def __init__(self, ask: Ask, names: Sequence[str] = ()) -> None:
        self._ask, self._names = ask, names
        self._key, self._word = _key(ask), words.unique()
        # What the page that was found and is past begins with, and when the next one may be begun.
        self._past, self._due = "", 0.0
        self._mine: Turn | None = None
        self._is_waiting = False
        self._ends: dict[str, float] = {}

    def look(self) -> Turn | float:
        """Return whose turn it is, or in how many seconds to ask again."""
        try:
            return self._begin(self._mine) if self._mine else self._found()
        except store.Away:
            return ALONE

    def _found(self) -> Turn | float:
        """Take the page, or the right to make it; else wait for who has that."""
        while True:
            holder = f"{self._word}{MARK}{self._due:.3f}"
            found = store.newer_or_lock(self._key, self._past, holder, MAKE_MS)
            if found == holder:
                self._mine = Turn(None, self._key, holder)
                return self._begin(self._mine)
            if isinstance(found, str):
                self._is_waiting = True
                rest = _rest(float(found.partition(MARK)[2])) or PAUSE_SECONDS
                return rest if self._may_wait("page", MAKE_MS / 1000) else ALONE
            page = _unpacked(self._ask, found)
            if self._serves(page):
                return Turn(page)
            self._past, self._due = _stamp(found), page.begun + PACE_SECONDS

    def _serves(self, page: Page) -> bool:
        """Tell whether a page is right, or was made while he waited for it."""
        # Known here, they tell whether it is to be kept as well.
        memory.current(list(page.versions))
        is_right = is_current(page, memory.near(), generation())
        sure = memory.confirmed() if is_right else {}
        return (is_right or self._is_waiting) and page.reaches(self._ask.token, sure)

    def _begin(self, mine: Turn) -> Turn | float:
        """Return the right to make a page once it is to be used."""
        if rest := _rest(self._due):
            return rest
        is_changing = any(version.startswith("!") for version in memory.current(self._names))
        return PAUSE_SECONDS if is_changing and self._may_wait("commit", COMMIT_SECONDS) else mine

    def _may_wait(self, what: str, seconds: float) -> bool:
        """Tell whether to wait on for something that is waited for so long in all."""
        now = time.monotonic()
        return now < self._ends.setdefault(what, now + seconds)


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


def _rest(due: float) -> float:
    """Return the seconds until then, and few of them where another machine's clock is wrong."""
    return min(max(0.0, due - time.time()), PACE_SECONDS)


def _stamp(packed: bytes) -> str:
    """Return what a packed page begins with, and none but that one."""
    return packed.partition(MARK.encode())[0].decode() + MARK


def _key(ask: Ask) -> str:
    asked = (code.fingerprint(), sorted(manager.plan().on), tuple(ask.key))
    return "page:" + hashlib.sha256(repr(asked).encode()).hexdigest()


def _packed(page: Page) -> bytes:
    plain = replace(page, checked=-1, cookie=None)
    packed = pickle.dumps((plain, time.time() + page.until - clock()))
    return f"{words.unique()}{MARK}".encode() + packed


def _unpacked(ask: Ask, packed: bytes) -> Page:
    page: Page
    _, _, pickled = packed.partition(MARK.encode())
    page, until = pickle.loads(pickled)  # noqa: S301  (none but this program writes there)
    left = until - time.time()
    return replace(page, key=ask.key, generation=generation(), until=clock() + left)
