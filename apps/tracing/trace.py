"""The id of the request that is being served, or from which follows what is being done.

It is ambient: whoever works in the name of a request finds it, and hands it on.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# What is taken from elsewhere: no room for more than an id.
FORM = re.compile(r"[A-Za-z0-9_-]{8,36}\Z")
# What follows from many requests at once names so many of them.
MOST_TOGETHER = 5
LONGEST = MOST_TOGETHER * 37

_current: ContextVar[str] = ContextVar("tracing_request_id", default="")


def current() -> str:
    """Return the id, or a few with commas between; empty where nobody has asked for this."""
    return _current.get()


def fresh() -> str:
    """Return a new id."""
    return secrets.token_hex(8)


def accepted(text: str) -> str:
    """Return an id that somebody trusted has given, empty where it does not look like one."""
    return text if FORM.match(text) else ""


def together(request_ids: Iterable[str]) -> str:
    """Return what stands for several requests: up to MOST_TOGETHER of their ids."""
    found = {each: None for text in request_ids for each in text.split(",") if each}
    return ",".join(list(found)[:MOST_TOGETHER])


@contextmanager
def scope(request_id: str) -> Iterator[None]:
    """Work in the name of a request."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
