"""What an app has seen, kept for it in Valkey: an app has no cookie that carries its token along.

Bound to the access token: whoever writes and then reads with it, on whatever connection and of
whatever process, finds what it wrote. Where nothing is kept (a new token, Valkey away or empty, a
day gone by) primaries answer, and their positions are kept from then on. So nothing depends on
Valkey but speed.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django_redis import get_redis_connection
from redis.exceptions import RedisError

from apps.replication import positions, scopes, tokens
from apps.replication.conf import conf
from apps.replication.tokens import Token

log = logging.getLogger(__name__)

PREFIX = "api:seen:"
SECONDS = 24 * 3600
Away = (RedisError, OSError)
# Requests of one app may overlap: whoever finds another's word joins it with its own.
TRIES = 5
SWAP = """
local now = redis.call('GET', KEYS[1]) or ''
if now ~= ARGV[1] then return now end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return false
"""


@contextmanager
def remembered(name: str) -> Iterator[None]:
    """Read nothing behind what was seen under a name before, and remember what is seen inside."""
    scope = scopes.current()
    if scope is None:
        yield
        return
    before = _read(name)
    tokens.merge(scope.token, tokens.decode(before) if before else _unsure())
    scope.kept_elsewhere = True
    try:
        yield
    finally:
        positions.settle()
        _keep(name, before, scope.token)


def told(name: str, token: Token) -> None:
    """Have what is read under a name from now on hold what it was told of.

    Where nothing is kept primaries answer anyway.
    """
    before = _read(name)
    if before:
        joined = tokens.decode(before)
        tokens.merge(joined, token)
        _keep(name, before, joined)


def _unsure() -> Token:
    return {group: tokens.UNSURE for group, replicas in conf().groups.items() if replicas}


def _read(name: str) -> str:
    try:
        return (get_redis_connection("default").get(PREFIX + name) or b"").decode()
    except Away as error:
        log.debug("What an app has seen is not known: %s", error)
        return ""


def _keep(name: str, before: str, token: Token) -> None:
    """Put a token in the place of what was read; joined with what others put there meanwhile."""
    try:
        for _ in range(TRIES):
            after = tokens.encode(token)
            if after == before:
                return
            arguments = (PREFIX + name, before, after, SECONDS)
            other = get_redis_connection("default").eval(SWAP, 1, *arguments)
            if other is None:
                return
            before = other.decode()
            tokens.merge(token, tokens.decode(before))
        get_redis_connection("default").delete(PREFIX + name)
    except Away as error:
        log.debug("What an app has seen is not kept: %s", error)
