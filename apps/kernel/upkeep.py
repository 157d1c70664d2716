"""Statements that an add-on sends on its own account: no caller's budget is charged for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_under_way: ContextVar[bool] = ContextVar("kernel_upkeep", default=False)


@contextmanager
def own() -> Iterator[None]:
    """Mark what the block sends as the add-on's own."""
    before = _under_way.set(True)
    try:
        yield
    finally:
        _under_way.reset(before)


def is_own() -> bool:
    """Tell whether an add-on is at work on its own account."""
    return _under_way.get()
