"""The bucket map: which shard each of the 1024 buckets lives on, as the directory says."""

import logging
import os
import threading
import time
from collections import defaultdict
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError, connections

from apps.kernel import dependencies, upkeep
from apps.replication import scopes, tokens
from apps.replication.tokens import START, Position, Token
from apps.sharding.conf import conf
from apps.sharding.errors import NoBucketMap
from apps.sharding.ids import BUCKETS, bucket_of

log = logging.getLogger(__name__)

# The name under which a reader's token has the epoch of the map that answered it.
EPOCH = "map"


# All of the map in one statement, so in one snapshot.
WHOLE = """
SELECT
    (SELECT coalesce(
        json_agg(json_build_array(shard, also_on, since_timeline, since_lsn) ORDER BY number), '[]'
    ) FROM sharding_bucket),
    (SELECT coalesce(json_agg(json_build_array(shard, moves, changes)), '[]') FROM sharding_epoch)
"""
CHANGES = "SELECT coalesce(sum(changes), 0) FROM sharding_epoch"


class Map(NamedTuple):
    """One state of the bucket map.

    `shards` by bucket; `strangers` by shard: buckets that it has rows of and does not own; `epochs`
    by shard: the moves from it and to it; `epoch` all there ever were; `changes` what else there
    was; `floor` is what a reader must not read behind, to miss no row that came with a bucket.
    """

    shards: tuple[str, ...]
    strangers: dict[str, frozenset[int]]
    epochs: dict[str, int]
    changes: int
    floor: Token

    @property
    def epoch(self) -> int:
        """How many moves there were."""
        return sum(self.epochs.values())


_lock = threading.Lock()
_map: Map | None = None
_watched_by = 0


def current() -> Map:
    """Return the map that this process holds; a thread keeps it up to date from then on."""
    if _watched_by != os.getpid():
        _begin_watch()
    return _map or reload()


def held() -> Map | None:
    """Return the map that this process holds, however old; None where it has none yet."""
    return _map


def shard_of(bucket: int) -> str:
    """Return the alias of the shard that `bucket` lives on, by the map this process holds."""
    return current().shards[bucket]


def shard_of_id(value: int) -> str:
    """Return the alias of the shard that the row with this id lives on."""
    return current().shards[bucket_of(value)]


def is_moving() -> bool:
    """Tell whether some bucket is on its way, as far as this process knows."""
    return _map is not None and bool(current().strangers)


def strangers_on(shard: str) -> frozenset[int]:
    """Return the buckets that a shard has rows of which count for nothing."""
    return current().strangers.get(shard, frozenset()) if is_moving() else frozenset()


def assure() -> None:
    """Have the map as it is now, while buckets move: for work that nobody repeats.

    A process holds a map for up to `map_seconds` after it has changed. Who writes by such a map is
    refused; who only looks does not find what is new, and does not know. Every process knows that
    buckets move before the first of them does, so at other times nothing is asked.
    """
    if is_moving() and int(_asked(CHANGES)[0]) != current().changes:
        reload()


def follow(token: Token) -> None:
    """Make a reader's token one that this process' map is right for, and the map right for it."""
    if _map is None and EPOCH not in token:
        return  # Whoever needs the map first reads it, and raises this token.
    held = current()
    if token.get(EPOCH, START).lsn > held.epoch:
        held = reload()
    tokens.merge(token, held.floor)


def reload() -> Map:
    """Read the map anew from the directory's primary; raises NoBucketMap where it is not whole."""
    global _map
    with _lock:
        buckets, epochs = _asked(WHOLE)
        if len(buckets) < BUCKETS:
            raise NoBucketMap(BUCKETS - len(buckets))
        _map = _read(buckets, epochs)
    scope = scopes.current()
    if scope is not None:
        tokens.merge(scope.token, _map.floor)
    return _map


def _asked(sql: str) -> Any:
    with dependencies.paused(), upkeep.own(), connections[conf().directory].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def _begin_watch() -> None:
    """Begin to look for changes, once in each process: threads do not survive a fork."""
    global _watched_by
    with _lock:
        if _watched_by != os.getpid():
            _watched_by = os.getpid()
            if conf().map_seconds:
                threading.Thread(target=_watch, name="bucket-map", daemon=True).start()


def _watch() -> None:
    is_seen = True
    while True:
        time.sleep(conf().map_seconds)
        try:
            if _map is not None and int(_asked(CHANGES)[0]) != _map.changes:
                reload()
            is_seen = True
        except (DatabaseError, InterfaceError, NoBucketMap) as error:
            # A shard refuses what an old map sends it, so going on is safe.
            if is_seen:
                log.warning("The bucket map is not looked at: %s", str(error).strip())
            is_seen = False
            connections[conf().directory].close()


def spread(shards: tuple[str, ...]) -> list[str]:
    """Return the first map: buckets in equal runs over the shards, in their order."""
    return [shards[number * len(shards) // BUCKETS] for number in range(BUCKETS)]


def found() -> None:
    """Write the first map into an empty directory; leave any other as it is."""
    from apps.sharding.models import Bucket

    rows = (Bucket(number=n, shard=shard) for n, shard in enumerate(spread(conf().shards)))
    table = Bucket.objects.using(conf().directory)
    if not table.exists():
        table.bulk_create(rows, ignore_conflicts=True)


def _read(buckets: list[list[Any]], epochs: list[list[Any]]) -> Map:
    strangers: defaultdict[str, set[int]] = defaultdict(set)
    floor: Token = {}
    for number, (shard, also_on, timeline, lsn) in enumerate(buckets):
        if also_on:
            strangers[also_on].add(number)
        if lsn:
            tokens.advance(floor, shard, Position(timeline, lsn))
    moves = {shard: count for shard, count, _ in epochs if count}
    if moves:
        floor[EPOCH] = Position(0, sum(moves.values()))
    return Map(
        shards=tuple(shard for shard, *_ in buckets),
        strangers={shard: frozenset(numbers) for shard, numbers in strangers.items()},
        epochs=moves,
        changes=sum(count for *_, count in epochs),
        floor=floor,
    )
