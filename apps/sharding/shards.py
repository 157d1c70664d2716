"""One owner's writes are one transaction on one shard."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import DatabaseError, transaction

from apps.sharding import clock, directory
from apps.sharding.errors import CrossShardTransaction, ForeignBucket, NoTransaction
from apps.sharding.ids import bucket_of, compose

# The longest that nobody may write to a bucket while it changes its server, and a look at it.
MOVING_SECONDS = 10.0
PAUSE_SECONDS = 0.02


@dataclass
class Opened:
    """The transaction that is open: its bucket, its shard's alias, and ticks to make ids of."""

    bucket: int
    shard: str
    ticks: list[int]


_opened: ContextVar[Opened | None] = ContextVar("sharding_transaction", default=None)
_pinned: ContextVar[int | None] = ContextVar("sharding_pinned", default=None)


@contextmanager
def atomic_for(owner_id: int) -> Iterator[Opened]:
    """Open a transaction on the shard that the owner lives on; all of it commits, or nothing.

    The shard is asked whether it owns the bucket before the block runs. If it says no, the map
    that this process holds is old: it is read anew and the new shard is asked, once. Inside the
    transaction of the same bucket this is a savepoint; inside that of another bucket it raises
    CrossShardTransaction. Raises ForeignBucket when no shard owns the bucket.
    """
    bucket = bucket_of(owner_id)
    outer = _opened.get()
    if outer is not None and outer.bucket != bucket:
        raise CrossShardTransaction(outer.bucket, bucket)
    with ExitStack() as stack:
        if outer is not None:
            stack.enter_context(transaction.atomic(using=outer.shard))
            yield outer
            return
        opened = _open(stack, bucket)
        token = _opened.set(opened)
        try:
            yield opened
        finally:
            _opened.reset(token)


def in_one_map(work: Callable[[], None]) -> None:
    """Do work over several shards by one state of the bucket map; it must be harmless twice.

    Where a bucket moved meanwhile, rows of it may have been looked for where they were not: it is
    done again.
    """
    until = time.monotonic() + MOVING_SECONDS
    while True:
        directory.assure()
        held = directory.held()
        try:
            work()
        except DatabaseError as error:
            if not clock.is_foreign(error) or time.monotonic() > until:
                raise
            time.sleep(PAUSE_SECONDS)
            directory.reload()
            continue
        if directory.held() is held or held is None:
            return


def current() -> Opened | None:
    """Return the open transaction, None outside of one."""
    return _opened.get()


def require(what: str) -> Opened:
    """Return the open transaction; raises NoTransaction, naming `what` needs it."""
    opened = _opened.get()
    if opened is None:
        raise NoTransaction(what)
    return opened


def new_id(owner_id: int) -> int:
    """Return a new id in the owner's bucket, inside the owner's transaction."""
    return new_ids(owner_id, 1)[0]


def new_ids(owner_id: int, count: int) -> list[int]:
    """Return `count` new ids in the owner's bucket, rising, inside the owner's transaction."""
    opened = require("A new id")
    bucket = bucket_of(owner_id)
    if opened.bucket != bucket:
        raise CrossShardTransaction(opened.bucket, bucket)
    if len(opened.ticks) < count:
        opened.ticks[:] = clock.reserve(opened.shard, max(count, clock.RESERVE))
    ticks, opened.ticks[:count] = opened.ticks[:count], []
    return [compose(tick, bucket) for tick in ticks]


def newest_id(owner_id: int) -> int:
    """Return an id above all that the shard has given out, inside the owner's transaction."""
    opened = require("A new id")
    if opened.bucket != bucket_of(owner_id):
        raise CrossShardTransaction(opened.bucket, bucket_of(owner_id))
    return compose(clock.reserve(opened.shard, 1)[0], opened.bucket)


def first_id(bucket: int) -> int:
    """Return a new id for an owner who is only being made, in `bucket`."""
    return compose(clock.reserve(directory.shard_of(bucket), 1)[0], bucket)


@contextmanager
def pinned(owner_id: int) -> Iterator[None]:
    """Route what names no shard key to the owner's shard: for code that we do not write."""
    token = _pinned.set(bucket_of(owner_id))
    try:
        yield
    finally:
        _pinned.reset(token)


def pinned_bucket() -> int | None:
    """Return the bucket that `pinned` names, None outside of it."""
    return _pinned.get()


def _open(stack: ExitStack, bucket: int) -> Opened:
    """Enter the shard that owns a bucket; one that is on its way is waited for."""
    until = time.monotonic() + MOVING_SECONDS
    for pause in itertools.chain([0.0], itertools.repeat(PAUSE_SECONDS)):
        try:
            return _attempt(stack, bucket)
        except DatabaseError as error:
            if not clock.is_foreign(error):
                raise
            is_late = pause and (not directory.is_moving() or time.monotonic() > until)
            if is_late:
                raise ForeignBucket(bucket, directory.shard_of(bucket)) from error
        time.sleep(pause)
        directory.reload()
    raise AssertionError


def _attempt(stack: ExitStack, bucket: int) -> Opened:
    shard = directory.shard_of(bucket)
    with ExitStack() as attempt:
        attempt.enter_context(transaction.atomic(using=shard))
        ticks = clock.enter(shard, bucket)
        stack.push(attempt.pop_all())
    return Opened(bucket, shard, list(ticks))
