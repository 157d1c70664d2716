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


# A writer's mark replaces what is there; of another writer's mark it keeps the least position.
MARK = """
for _, key in ipairs(KEYS) do
    local now = redis.call('GET', key)
    local least = now and string.match(now, '^!.*|(%x+)$') or '0'
    redis.call('SET', key, '!' .. ARGV[1] .. '|' .. least, 'PX', ARGV[2])
end
"""
# What comes after a commit: a version, or a higher bound for the writer whose mark is there now.
# Versions are compared as text of one length: a later timeline is ahead of any position. Returns
# what the tags hold now.
BUMP = """
local held = {}
for place, key in ipairs(KEYS) do
    local now = redis.call('GET', key)
    local writer, least, version = false, '0', ARGV[place + 2]
    if now then writer, least = string.match(now, '^!(.*)|(%x+)$') end
    if now and not writer then least = string.match(now, '^(%x+)') end
    if least and least > version then version = least end
    if writer and writer ~= ARGV[1] then
        held[place] = '!' .. writer .. '|' .. version
        redis.call('SET', key, held[place], 'KEEPTTL')
    else
        held[place] = version .. '.' .. ARGV[1]
        redis.call('SET', key, held[place], 'EX', ARGV[2])
    end
end
return held
"""
# The values that are there, and the locks of those that are not, in one round trip.
GET_OR_LOCK = """
local found = {}
for place = 1, #KEYS, 2 do
    local value = redis.call('GET', KEYS[place])
    if not value then
        local set = redis.call('SET', KEYS[place + 1], ARGV[1], 'PX', ARGV[2], 'NX')
        value = set and 1 or 0
    end
    found[(place + 1) / 2] = value
end
return found
"""
# The value, unless it is the one that begins so: then the right to fill it, where nobody has it but
# the holder that is to be relieved, or else who has it.
NEWER_OR_LOCK = """
local known, relieved = ARGV[3], ARGV[4]
if redis.call('GETRANGE', KEYS[1], 0, math.max(0, #known - 1)) ~= known then
    local value = redis.call('GET', KEYS[1])
    if value then return value end
end
local held = redis.call('GET', KEYS[2])
if held and held ~= relieved then return {held} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
"""
# Only the holder of a lock stores, and only it lets go.
STORE = """
local stored = {}
for place = 1, #KEYS, 2 do
    local at = (place + 1) / 2
    stored[at] = 0
    if redis.call('GET', KEYS[place + 1]) == ARGV[1] then
        redis.call('SET', KEYS[place], ARGV[at + 2], 'EX', ARGV[2])
        redis.call('DEL', KEYS[place + 1])
        stored[at] = 1
    end
end
return stored
"""
# The versions that are there, and marks of this process at the tags that have none.
GET_OR_CLAIM = """
local found = {}
for place, key in ipairs(KEYS) do
    found[place] = redis.call('GET', key)
    if not found[place] then
        redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
        found[place] = ARGV[1]
    end
end
return found
"""
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


def mark(group: str, tags: Iterable[str], writer: str) -> None:
    """Mark tags as being written by a commit under way.

    Tried whatever the breaker says: readers in other processes may have the server back already.
    """
    keys = [tag_key(group, tag) for tag in tags]
    _redis().eval(MARK, len(keys), *keys, writer, MARK_MS)


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
    found: list[bytes] = _redis().eval(GET_OR_CLAIM, len(names), *names, mark, MARK_MS)
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
    found = _redis().eval(GET_OR_LOCK, len(names), *names, holder, milliseconds)
    return [one if isinstance(one, bytes) else bool(one) for one in found]


@_guarded
def newer_or_lock(
    key: str, known: str, holder: str, milliseconds: int, *, relieved: str = ""
) -> bytes | str:
    """Return a value that does not begin with what is known, else who has the right to fill it.

    It is given to `holder` where nobody has it, or none but `relieved`.
    """
    names = value_key(key), _lock_key(key)
    found = _redis().eval(NEWER_OR_LOCK, 2, *names, holder, milliseconds, known, relieved)
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
    pipe.eval(STORE, len(names), *names, holder, seconds, *values.values())
    for ask, (key, remembered) in (last or {}).items():
        pipe.set(f"{PREFIX}:last:{ask}", key, ex=remembered)
    return [bool(stored) for stored in pipe.execute()[0]]


@_guarded
def release(keys: Sequence[str], holder: str) -> None:
    """Let locks go without a value."""
    pipe = _redis().pipeline(transaction=False)
    for key in keys:
        pipe.eval(RELEASE, 1, _lock_key(key), holder)
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
    held = _redis().eval(BUMP, len(versions), *versions, writer, KEEP_SECONDS, *texts)
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
