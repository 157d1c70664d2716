"""Whole pages in this process' memory, each kept until what it depends on changes.

A page is right while the near cache holds all versions that it was made from, and is trusted. So
it goes when a commit touches one of its tags, when its session ends, when a plugin is switched,
when time changes what it says. Between changes a look at one number is enough.
"""

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from apps.edge.asks import Ask, Key
from apps.grid.near_cache import Near, clock
from apps.plugins import calls
from apps.replication.tokens import START, Token
from apps.sharding import directory

Header = tuple[bytes, bytes]
# What a page takes beside its text: measured, rounded up.
OVERHEAD = 3000
MOST_BEFORE = 1000


# What all pages of a process depend on: which plugins are on, and where buckets live.
Generation = tuple[int, int]


def generation() -> Generation:
    """Return another value after every change of what all pages depend on."""
    held = directory.held()
    return calls.generation(), held.epoch if held else 0


@dataclass
class Page:
    """An answer, and what it was made from.

    `basis` is how far it is right for sure: a reader who has seen more than that may only have it
    while it is current. `token` is what a reader has seen who has seen it. `begun` is when it was
    begun, by its machine's clock.
    """

    key: Key
    status: int
    headers: tuple[Header, ...]
    body: bytes
    basis: Token
    token: Token
    versions: dict[str, object]
    until: float
    generation: Generation
    begun: float = 0.0
    # How often the near cache had forgotten something when the page was last found to be right.
    checked: int = -1
    # What a visitor without a token is to keep, ready to be sent.
    cookie: Header | None = None

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return OVERHEAD + 2 * len(self.body) + 100 * len(self.versions)

    @cached_property
    def plain(self) -> tuple[list[Header], bytes]:
        """The headers and the body as they are sent."""
        return [*self.headers, _length(self.body)], self.body

    @cached_property
    def zipped(self) -> tuple[list[Header], bytes]:
        """The same compressed, once for all who take it so."""
        body = gzip.compress(self.body, compresslevel=5, mtime=0)
        return [*self.headers, _length(body), (b"content-encoding", b"gzip")], body

    def reaches(self, seen: Token, current: Token) -> bool:
        """Tell whether it is new enough for a reader, where `current` is known to be in it too."""
        return all(
            self.basis.get(group, START).covers(position)
            or current.get(group, START).covers(position)
            for group, position in seen.items()
        )


class Pages:
    """At most `most` bytes of pages; those not asked for lately go first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.bytes = 0
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._before: dict[Key, tuple[str, ...]] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._pages)

    def find(self, ask: Ask, near: Near, confirmed: Token, generation: Generation) -> Page | None:
        """Return the page that is right for this reader now, None where there is none."""
        page = self._pages.get(ask.key)
        if page is None:
            return None
        if not is_current(page, near, generation):
            self._drop(page)
            return None
        if not page.reaches(ask.token, confirmed):
            return None
        with self._lock:
            if ask.key in self._pages:
                self._pages.move_to_end(ask.key)
        return page

    def keep(self, page: Page) -> None:
        """Keep a page, in place of the one before it."""
        if page.size > self.most:
            return
        with self._lock:
            self._take_out(page.key)
            self._pages[page.key] = page
            self.bytes += page.size
            while self.bytes > self.most:
                self._take_out(next(iter(self._pages)))

    def named_before(self, key: Key) -> tuple[str, ...]:
        """Return, once, the names of the versions of a page that is no longer right."""
        return self._before.pop(key, ())

    def remember(self, page: Page) -> None:
        """Remember the names of the versions of a page that is no longer right."""
        if len(self._before) >= MOST_BEFORE:
            self._before.clear()
        self._before[page.key] = tuple(page.versions)

    def _drop(self, page: Page) -> None:
        with self._lock:
            if self._pages.get(page.key) is page:
                self._take_out(page.key)
                self.remember(page)

    def _take_out(self, key: Key) -> None:
        if (page := self._pages.pop(key, None)) is not None:
            self.bytes -= page.size


def is_current(page: Page, near: Near, generation: Generation) -> bool:
    """Tell whether all that a page was made from is as it was."""
    now = clock()
    if page.generation != generation or now >= page.until or now >= near.trusted_until:
        return False
    changes = near.changes
    if page.checked != changes:
        if not _holds(near, page.versions):
            return False
        page.checked = changes
    return True


def _length(body: bytes) -> Header:
    return b"content-length", str(len(body)).encode()


def _holds(near: Near, versions: dict[str, object]) -> bool:
    for name, version in versions.items():
        entry = near.find(name)
        if entry is None or entry.value != version:
            return False
    return True
