"""The cache backend: django-redis' own, with a near cache in front of it.

What is plain and immutable (numbers, texts, bytes, None) is handed out as it is; anything else
stays packed and is unpacked at each hit, so no caller can change what the next one gets.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django_redis.cache import omit_exception
from django_redis.exceptions import CompressorError

from apps.grid.near_cache import LONGEST, Entry, clock
from apps.grid.writes import WritesPast

PLAIN = (int, str, float, bool, bytes, type(None))


class NearCache(WritesPast):
    """Answers what it has read before from memory, for as long as it is sure of it.

    `cache.client.get(key)` asks the server itself, for who must not be late by a millisecond.
    """

    def get(self, key: str, default: Any = None, version: Any = None, client: Any = None) -> Any:
        """Return the value, from memory if it is there; a `client` that is given is asked."""
        if client is not None:
            return super().get(key, default, version, client)
        made = self._made(key, version)
        if (entry := self.near.find(made)) is not None:
            return self._open(entry)
        return self._fetch([made]).get(made, default)

    def get_many(
        self, keys: Iterable[str], version: Any = None, client: Any = None
    ) -> dict[str, Any]:
        """Return those that there are; the server is asked once for all that memory lacks."""
        if client is not None:
            return dict(super().get_many(keys, version=version, client=client))
        wanted = {self._made(key, version): key for key in keys}
        near, found, lacking = self.near, {}, []
        for made, key in wanted.items():
            if (entry := near.find(made)) is not None:
                found[key] = self._open(entry)
            else:
                lacking.append(made)
        fetched = self._fetch(lacking) if lacking else {}
        return found | {wanted[made]: value for made, value in fetched.items()}

    def has_key(self, key: str, version: Any = None, client: Any = None) -> bool:
        """Tell whether there is a value."""
        made = self._made(key, version)
        if client is None and self.near.find(made) is not None:
            return True
        return bool(self._has_key(key, version, client))

    @omit_exception(return_value=False)
    def _has_key(self, key: str, version: Any, client: Any) -> Any:
        with self._watched():
            return self.client.has_key(key, version=version, client=client)

    def keep(self, made: list[str]) -> None:
        """Have these keys, as the server knows them, in memory if the server has them."""
        if made:
            self._fetch(made)

    @omit_exception(return_value={})
    def _fetch(self, keys: list[str]) -> dict[str, Any]:
        """Ask the server for values and how long they live, in one round trip; keep them."""
        begun, near = clock(), self.near
        with self._watched():
            tickets = near.begin(keys)
            pipe = self.client.get_client(write=False).pipeline(transaction=False)
            pipe.mget(keys)
            for key in tickets:
                pipe.pttl(key)
            answers, *left = pipe.execute()
        packed = {key: raw for key, raw in zip(keys, answers, strict=True) if raw is not None}
        values = {key: self.client.decode(raw) for key, raw in packed.items()}
        lives = {key: _life(ms) for key, ms in zip(tickets, left, strict=True) if key in values}
        near.end(
            tickets,
            {
                key: self._entry(values[key], packed[key], begun + life)
                for key, life in lives.items()
                if life > 0
            },
        )
        return values

    def _open(self, entry: Entry) -> Any:
        return self.client._serializer.loads(entry.value) if entry.packed else entry.value

    def _entry(self, value: Any, raw: bytes, until: float) -> Entry:
        """Return what is kept of a value: itself if it is plain, else packed, not compressed."""
        if type(value) in PLAIN:
            return Entry(value, False, until)
        with suppress(CompressorError):
            raw = self.client._compressor.decompress(raw)
        return Entry(raw, True, until)


def _life(left: int) -> float:
    """Return the seconds that PTTL's answer leaves: none where the key is gone (-2)."""
    return min(LONGEST, left / 1000) if left >= 0 else LONGEST if left == -1 else 0
