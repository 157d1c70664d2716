"""SIGHUP: the workers that are replaced serve until those that replace them do.

gunicorn forks the new workers and tells the old ones to leave in the same moment. To load the
program and to connect takes a new one seconds, in which nobody would answer. Here the old ones
leave when all the new ones serve; if those do not within gunicorn's graceful time-out, it tells
the old ones again, and then they leave.
"""

import mmap
import struct

from gunicorn.arbiter import Arbiter

# Memory that the master shares with every worker: the age of the last worker before the newest
# SIGHUP and how many come after it; then a byte for each of those, by age, once it serves.
_HEAD = struct.Struct("QQ")
_board = mmap.mmap(-1, mmap.PAGESIZE)


def begin(arbiter: Arbiter) -> None:
    """Note, before they are forked, which workers are about to come."""
    _board[:] = bytes(len(_board))
    _HEAD.pack_into(_board, 0, arbiter.worker_age, arbiter.cfg.workers)


def serves(age: int) -> None:
    """Note that the worker of this age serves now."""
    last, _ = _HEAD.unpack_from(_board)
    place = _HEAD.size + age - last - 1
    # One that was there before, or came after thousands that had failed, is not waited for.
    if _HEAD.size <= place < len(_board):
        _board[place] = 1


def is_replaced(age: int) -> bool:
    """Tell whether others have come, or are about to, in place of the worker of this age."""
    last, _ = _HEAD.unpack_from(_board)
    return age <= last


def others_serve() -> bool:
    """Tell whether as many serve as were to come at the newest SIGHUP."""
    _, wanted = _HEAD.unpack_from(_board)
    return sum(_board[_HEAD.size :]) >= wanted
