"""Work that memory alone is to answer: it ends where it would have to wait for a server.

    with waiting.refused():
        found = answer()

Whatever asks a server calls `may_wait` before it does. Nobody is to catch WouldWait on the way but
who refused to wait, so it is no Exception; he does the work again where it may take its time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_refused: ContextVar[bool] = ContextVar("kernel_waiting_refused", default=False)


class WouldWait(BaseException):
    """A server would have to be asked."""


@contextmanager
def refused() -> Iterator[None]:
    """Have `may_wait` raise WouldWait within the block."""
    before = _refused.set(True)
    try:
        yield
    finally:
        _refused.reset(before)


def may_wait() -> None:
    """Raise WouldWait where memory alone is to answer."""
    if _refused.get():
        raise WouldWait
