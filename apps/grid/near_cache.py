"""Values of a shared cache in this process' memory: bounded, and by-passed whenever in doubt.

It opens no connection. `tracking` tells it what others have changed and how long it may be
trusted; `backend` asks it first and fills it.
"""

import heapq
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any

# Seconds that go on while the machine sleeps, where there is such a clock.
_BOOT = getattr(time, "CLOCK_BOOTTIME", None)
clock: Callable[[], float] = time.monotonic if _BOOT is None else partial(time.clock_gettime, _BOOT)
# The last resort against what nobody thought of: no entry stays longer.
LONGEST = 300.0
# What an entry takes beside its key and value: measured, rounded up.
OVERHEAD = 300


class Entry:
    """A value as it may be handed out: immutable, or packed and to be unpacked at each hit."""

    __slots__ = ("hits", "looked", "noted", "packed", "size", "until", "value")

    def __init__(self, value: Any, packed: bool, until: float) -> None:
        self.value, self.packed, self.until = value, packed, until
        self.size = OVERHEAD + sys.getsizeof(value)
        self.hits = self.looked = self.noted = 0


class Near:
    """At most `most` bytes of entries; the ones not asked for lately go first.

    Four rules keep it from handing out the past:
    - It is trusted until a moment that its stream moves on, and only in the stream's epoch.
    - A fill needs a ticket, drawn before the server is asked. Whatever changes the key in
      between (an invalidation, a write of this process, a doubt) voids the ticket.
    - A write of this process takes the key out before it is sent, and no ticket for the key is
      drawn until it is answered.
    - A doubt empties all and begins a new epoch.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.epoch = 0
        self.reset()

    def reset(self) -> None:
        """Begin empty, with a lock of our own: another process may hold the old one."""
        self._lock = Lock()
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._tickets: dict[str, object] = {}
        self._writing: dict[str, int] = {}
        self._rewriting = 0
        self.trusted_until = 0.0
        self.epoch += 1
        self.bytes = self.hits = self.misses = self.evicted = self.doubts = 0
        # Grows whenever something goes: as long as it does not, all that was found is still there.
        self.changes = 0

    @property
    def trusted(self) -> bool:
        """Whether it may hand anything out now."""
        return clock() < self.trusted_until

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: str) -> Entry | None:
        """Return the entry, None where the server must be asked. Takes no lock."""
        entry = self._entries.get(key)
        if entry is not None:
            now = clock()
            if now < self.trusted_until and now < entry.until:
                entry.hits += 1
                self.hits += 1
                return entry
        self.misses += 1
        return None

    def find_all(self, keys: Sequence[str]) -> dict[str, Entry]:
        """Return the entries that there are, by key. Takes no lock."""
        now, entries = clock(), self._entries
        if now >= self.trusted_until:
            self.misses += len(keys)
            return {}
        found = {}
        for key in keys:
            entry = entries.get(key)
            if entry is not None and now < entry.until:
                entry.hits += 1
                found[key] = entry
        self.hits += len(found)
        self.misses += len(keys) - len(found)
        return found

    def begin(self, keys: Iterable[str]) -> dict[str, object]:
        """Draw tickets for fills; none where a fill could not be kept anyway."""
        with self._lock:
            if not self.trusted or self._rewriting or not self.most:
                return {}
            drawn = {key: object() for key in keys if key not in self._writing}
            self._tickets |= drawn
            return drawn

    def end(self, tickets: Mapping[str, object], entries: Mapping[str, Entry]) -> None:
        """Keep the entries whose ticket still holds; hand all tickets back."""
        with self._lock:
            for key, ticket in tickets.items():
                if self._tickets.get(key) is not ticket:
                    continue
                del self._tickets[key]
                if key in entries:
                    self._keep(key, entries[key])
            while self.bytes > self.most:
                self._evict()

    def invalidate(self, keys: Iterable[str]) -> None:
        """Forget what has changed on the server."""
        with self._lock:
            for key in keys:
                self._drop(key)

    def empty(self) -> None:
        """Forget everything."""
        with self._lock:
            self._empty()

    @contextmanager
    def writing(self, keys: Iterable[str]) -> Iterator[None]:
        """Hold these keys out while this process writes them."""
        held = list(keys)
        with self._lock:
            for key in held:
                self._drop(key)
                self._writing[key] = self._writing.get(key, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                for key in held:
                    self._written(key)

    @contextmanager
    def rewriting(self) -> Iterator[None]:
        """Hold everything out while this process writes keys that it cannot name."""
        with self._lock:
            self._empty()
            self._rewriting += 1
        try:
            yield
        finally:
            with self._lock:
                self._rewriting = max(0, self._rewriting - 1)

    def trust(self, epoch: int, until: float) -> None:
        """Hand out entries until then, if nobody has doubted since `epoch`."""
        with self._lock:
            if epoch == self.epoch:
                self.trusted_until = until

    def doubt(self) -> None:
        """Hand out nothing until a new stream is trusted."""
        with self._lock:
            self.trusted_until = 0.0
            self.epoch += 1
            self.doubts += 1
            self._empty()

    def hottest(self, count: int) -> list[tuple[str, int]]:
        """Return the keys hit most often since this was last asked, with how often."""
        found = []
        with self._lock:
            for key, entry in self._entries.items():
                if entry.hits > entry.noted:
                    found.append((key, entry.hits - entry.noted))
                    entry.noted = entry.hits
        return heapq.nlargest(count, found, key=lambda pair: pair[1])

    def _keep(self, key: str, entry: Entry) -> None:
        self._drop(key)
        entry.size += sys.getsizeof(key)
        if entry.size <= self.most:
            self._entries[key] = entry
            self.bytes += entry.size

    def _evict(self) -> None:
        """Take the oldest one out, unless it was asked for since it was last looked at."""
        key, entry = self._entries.popitem(last=False)
        if entry.hits > entry.looked:
            entry.looked = entry.hits
            self._entries[key] = entry
            return
        self.bytes -= entry.size
        self.evicted += 1
        self.changes += 1

    def _drop(self, key: str) -> None:
        self._tickets.pop(key, None)
        if (entry := self._entries.pop(key, None)) is not None:
            self.bytes -= entry.size
            self.changes += 1

    def _empty(self) -> None:
        self._entries = OrderedDict()
        self._tickets = {}
        self.bytes = 0
        self.changes += 1

    def _written(self, key: str) -> None:
        left = self._writing.get(key, 0) - 1
        if left > 0:
            self._writing[key] = left
        else:
            self._writing.pop(key, None)
