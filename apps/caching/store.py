"""The data grid's side of caching: versions of tags, and values, in Valkey or Redis.

The version of a tag is how far the primary was after the last commit that touched it, with a word
that is new whenever the tag was lost: `<timeline and position>.<word>`. While a commit is under way
the tag holds a mark instead, `!<writer>|<least version>`, and nobody trusts or fills the cache for
it. A mark whose writer died goes after MARK_MS; whoever finds no version asks the primary for one.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from django_redis import get_redis_connection
from redis.exceptions import RedisError

from apps.caching import scripts
from apps.kernel import waiting
from apps.kernel.breakers import Breaker
from apps.replication.tokens import Position

PREFIX = "cached"
TAGS, VALUES = f"{PREFIX}:tag:", f"{PREFIX}:value:"
# Longer than a COMMIT takes; a transaction marks its tags only when it is about to commit.
MARK_MS = 15_000
# A bound for memory only: what is stored is right however old it is.
KEEP_SECONDS = 24 * 3600

Away = (RedisError, OSError)
_breaker = Breaker(first_pause=0.5, longest_pause=10)

F = TypeVar("F", bound=Callable[..., Any])


class LeftOut(RedisError):
    """The server was away a moment ago, and is not asked again yet."""


def _guarded(function: F) -> F:
    """Have the breaker say whether to ask."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        waiting.may_wait()
        if not _breaker.lets_in():
            raise LeftOut("not asked again yet")
        try:
            found = function(*args, **kwargs)
        except Away as error:
            _breaker.fail(error)
            raise
        _breaker.succeed()
        return found

    return cast(F, call)


def mark(group: str, tags: Iterable[str], writer: str) -> None:
    """Mark tags as being written by a commit under way.

    Tried whatever the breaker says: readers in other processes may have the server back already.
    """
    keys = [tag_key(group, tag) for tag in tags]
    _redis().eval(scripts.MARK, len(keys), *keys, writer, MARK_MS)


def bump(group: str, tags: Iterable[str], writer: str, at: Position) -> None:
    """Give tags the version of a commit that the primary has at `at`, never a lower one."""
    _bump({tag_key(group, tag): at for tag in tags}, writer)


@_guarded
def get_many(names: Sequence[str]) -> list[bytes | None]:
    """Return what the server has under its own keys."""
    found: list[bytes | None] = _redis().mget(names)
    return found


@_guarded
def get_or_claim(names: Sequence[str], mark: bytes) -> list[bytes]:
    """Return what tags have, by the server's own keys; those that have nothing are marked."""
    found: list[bytes] = _redis().eval(scripts.GET_OR_CLAIM, len(names), *names, mark, MARK_MS)
    return found


@_guarded
def give(versions: Mapping[str, Position], writer: str) -> dict[str, bytes]:
    """Give tags that were claimed a version each; returns what they have now.

    That is a mark where a commit is under way.
    """
    return _bump(versions, writer)


@_guarded
def get_or_lock(keys: Sequence[str], holder: str, milliseconds: int) -> list[bytes | bool]:
    """Return values; for one that is not there, whether the right to fill it is the holder's now.

    That right ends by itself.
    """
    names = [name for key in keys for name in (value_key(key), _lock_key(key))]
    found = _redis().eval(scripts.GET_OR_LOCK, len(names), *names, holder, milliseconds)
    return [one if isinstance(one, bytes) else bool(one) for one in found]


@_guarded
def newer_or_lock(key: str, known: str, holder: str, milliseconds: int) -> bytes | str:
    """Return a value that does not begin with what is known, else who has the right to fill it.

    It is given to `holder` where nobody has it.
    """
    names = value_key(key), _lock_key(key)
    found = _redis().eval(scripts.NEWER_OR_LOCK, 2, *names, holder, milliseconds, known)
    if isinstance(found, bytes):
        return found
    return found[0].decode() if isinstance(found, list) else holder


@_guarded
def put(
    values: Mapping[str, bytes],
    holder: str,
    *,
    seconds: int = KEEP_SECONDS,
    last: Mapping[str, tuple[str, int]] | None = None,
) -> list[bool]:
    """Store values and let their locks go; refused where a lock is not the holder's any more.

    `last`: what was asked, which value was stored last for it, and the seconds to remember that.
    """
    names = [name for key in values for name in (value_key(key), _lock_key(key))]
    pipe = _redis().pipeline(transaction=False)
    pipe.eval(scripts.STORE, len(names), *names, holder, seconds, *values.values())
    for ask, (key, remembered) in (last or {}).items():
        pipe.set(f"{PREFIX}:last:{ask}", key, ex=remembered)
    return [bool(stored) for stored in pipe.execute()[0]]


@_guarded
def release(keys: Sequence[str], holder: str) -> None:
    """Let locks go without a value."""
    pipe = _redis().pipeline(transaction=False)
    for key in keys:
        pipe.eval(scripts.RELEASE, 1, _lock_key(key), holder)
    pipe.execute()


@_guarded
def before(asked: str) -> bytes | None:
    """Return the value that was stored last for what was asked."""
    name = _redis().get(f"{PREFIX}:last:{asked}")
    found: bytes | None = _redis().get(value_key(name.decode())) if name else None
    return found


@_guarded
def flush() -> int:
    """Forget all versions and values; returns how many keys went."""
    client, count = _redis(), 0
    for key in client.scan_iter(match=f"{PREFIX}:*", count=1000):
        count += client.unlink(key)
    return count


@_guarded
def add_counts(key: str, counts: Mapping[str, int]) -> None:
    """Add to named counts."""
    pipe = _redis().pipeline(transaction=False)
    for name, number in counts.items():
        pipe.hincrby(key, name, number)
    pipe.expire(key, KEEP_SECONDS)
    pipe.execute()


@_guarded
def counts(key: str) -> dict[str, int]:
    """Return named counts."""
    return {name.decode(): int(number) for name, number in _redis().hgetall(key).items()}


def reached(version: str) -> Position:
    """Return how far a server must be to know all that a version stands for."""
    return Position(int(version[:8], 16), int(version[8:24], 16))


def _bump(versions: Mapping[str, Position], writer: str) -> dict[str, bytes]:
    texts = [_text(at) for at in versions.values()]
    held = _redis().eval(scripts.BUMP, len(versions), *versions, writer, KEEP_SECONDS, *texts)
    return dict(zip(versions, held, strict=True))


def group_of(name: str) -> str:
    """Return the group of a tag, by the server's own key of it."""
    return name[len(TAGS) :].partition(":")[0]


def _lock_key(key: str) -> str:
    return f"{PREFIX}:lock:{key}"


def _text(at: Position) -> str:
    return f"{at.timeline:08x}{at.lsn:016x}"


def tag_key(group: str, tag: str) -> str:
    """Return the server's key of a tag's version."""
    return f"{TAGS}{group}:{tag}"


def value_key(key: str) -> str:
    """Return the server's key of a value."""
    return f"{VALUES}{key}"


@functools.cache
def _redis() -> Any:
    """Return the client of all threads: `caches` would make one for each request."""
    return get_redis_connection("default")
