"""How the cache backend writes: out of memory before it is sent, back in only after the answer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT, default_key_func
from django_redis.cache import RedisCache, omit_exception
from django_redis.exceptions import ConnectionInterrupted
from django_redis.util import CacheKey

from apps.grid import tracking
from apps.grid.conf import conf
from apps.grid.near_cache import Near
from apps.kernel import waiting
from apps.kernel.errors import Misconfigured


class WritesPast(RedisCache):  # type: ignore[misc]
    """Writes past the near cache of this process, which it owns."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        if not isinstance(server, str) or "," in server:
            # A replica may answer with what its primary has already invalidated.
            raise Misconfigured("CACHES LOCATION", "one server for a near cache", server)
        # Who makes keys in another way has all keys tracked.
        known = self.key_func is default_key_func
        prefix = f"{self.key_prefix}:" if known else ""
        self.stream = tracking.stream_of((server, prefix), lambda: self._new_stream(prefix))

    def _new_stream(self, prefix: str) -> tracking.Stream:
        def connect() -> Any:
            options = self.client.connection_factory.make_connection_params(self._server)
            return tracking.connection_to(**options)

        return tracking.Stream(Near(conf().near_bytes), connect, prefix)

    @property
    def near(self) -> Near:
        """The near cache of this process, which all its threads share."""
        near = self.stream.near
        if near.most:
            self.stream.ensure()
        return near

    def set(self, key: str, *args: Any, version: Any = None, **options: Any) -> Any:
        """Store a value; takes what django-redis takes."""
        args, version = _version_in(args, 2, version)
        return self._write(self.client.set, [key], version, key, *args, **options)

    def add(self, key: str, *args: Any, version: Any = None, **options: Any) -> Any:
        """Store a value if there is none."""
        args, version = _version_in(args, 2, version)
        return self._write(self.client.add, [key], version, key, *args, **options)

    def touch(
        self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: Any = None, client: Any = None
    ) -> bool:
        """Give a value another end."""
        return bool(self._write(self.client.touch, [key], version, key, timeout, client=client))

    def delete(self, key: str, version: Any = None, **options: Any) -> bool:
        """Take a value out; tell whether there was one."""
        return bool(self._write(self.client.delete, [key], version, key, **options))

    def incr(self, key: str, delta: int = 1, version: Any = None, **options: Any) -> Any:
        """Add to a number; raises ValueError where there is none."""
        return self._write(self.client.incr, [key], version, key, delta, **options)

    def decr(self, key: str, delta: int = 1, version: Any = None, **options: Any) -> Any:
        """Take from a number; raises ValueError where there is none."""
        return self._write(self.client.decr, [key], version, key, delta, **options)

    def persist(self, key: str, version: Any = None, client: Any = None) -> Any:
        """Let a value live without end."""
        return self._write(self.client.persist, [key], version, key, client=client)

    def expire(self, key: str, timeout: Any, version: Any = None, client: Any = None) -> Any:
        """Let a value end in so many seconds."""
        return self._write(self.client.expire, [key], version, key, timeout, client=client)

    def pexpire(self, key: str, timeout: Any, version: Any = None, client: Any = None) -> Any:
        """Let a value end in so many milliseconds."""
        return self._write(self.client.pexpire, [key], version, key, timeout, client=client)

    def expire_at(self, key: str, when: Any, version: Any = None, client: Any = None) -> Any:
        """Let a value end then."""
        return self._write(self.client.expire_at, [key], version, key, when, client=client)

    def pexpire_at(self, key: str, when: Any, version: Any = None, client: Any = None) -> Any:
        """Let a value end then, to the millisecond."""
        return self._write(self.client.pexpire_at, [key], version, key, when, client=client)

    def set_many(
        self,
        data: Mapping[str, Any],
        timeout: Any = DEFAULT_TIMEOUT,
        version: Any = None,
        client: Any = None,
    ) -> list[str]:
        """Store many values; return the keys that could not be."""
        keys = list(data)
        done = self._write(self._set_all, keys, version, data, timeout, client=client)
        return [] if done else keys

    def _set_all(self, *args: Any, **options: Any) -> bool:
        self.client.set_many(*args, **options)
        return True

    def delete_many(self, keys: Iterable[str], version: Any = None, client: Any = None) -> Any:
        """Take many values out; return how many there were."""
        named = list(keys)
        return self._write(self.client.delete_many, named, version, named, client=client)

    @omit_exception
    def incr_version(self, key: str, delta: int = 1, version: Any = None) -> Any:
        """Move a value to another version; return its number."""
        with self.near.rewriting(), self._watched():
            return self.client.incr_version(key, delta, version)

    @omit_exception
    def delete_pattern(self, pattern: str, *args: Any, **options: Any) -> Any:
        """Take all values out whose keys match."""
        options.setdefault("itersize", self._default_scan_itersize)
        with self.near.rewriting(), self._watched():
            return self.client.delete_pattern(pattern, *args, **options)

    @omit_exception
    def clear(self) -> Any:
        """Take everything out."""
        with self.near.rewriting(), self._watched():
            return self.client.clear()

    @omit_exception
    def _write(
        self, send: Callable[..., Any], keys: list[str], version: Any, *args: Any, **options: Any
    ) -> Any:
        made = [self._made(key, version) for key in keys]
        with self.near.writing(made), self._watched():
            return send(*args, version=version, **options)

    def near_key(self, key: str) -> str:
        """Return the name of a key in the near cache."""
        return self._made(key, None)

    def _made(self, key: str, version: Any) -> str:
        """Return the key as the server knows it."""
        return str(key) if isinstance(key, CacheKey) else self.make_key(key, version)

    def _watched(self) -> AbstractContextManager[None]:
        return _watched(self.near)


@contextmanager
def _watched(near: Near) -> Iterator[None]:
    """Doubt the stream as soon as a connection beside it fails: the server may be another one."""
    waiting.may_wait()
    try:
        yield
    except ConnectionInterrupted as error:
        if isinstance(error.__cause__, redis.ConnectionError | redis.TimeoutError | OSError):
            near.doubt()
        raise
    except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
        near.doubt()
        raise ConnectionInterrupted(connection=None) from error
    except redis.ResponseError as error:
        raise ConnectionInterrupted(connection=None) from error


def _version_in(args: tuple[Any, ...], place: int, version: Any) -> tuple[tuple[Any, ...], Any]:
    """Return the arguments without the version, which Django's signature has at `place`."""
    if len(args) > place:
        return (*args[:place], *args[place + 1 :]), args[place]
    return args, version
