"""What the answer to a request depends on, noted while it is made: so a page can be kept whole.

Whoever reads says so here. `depends` for what has a version, `good_for` for what time changes,
`passing` for what has neither, `spoil` for what is nobody else's. A view whose answer depends on
nothing but that is `keepable`.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Dependencies:
    """Versions by the name of what has them; `until` is a moment of `time.time()`.

    `spoiled` says why the answer is for one reader alone; empty where it is not. `passing` says why
    it is right only now: for those who wait for it, and not to be kept.
    """

    versions: dict[str, object] = field(default_factory=dict)
    until: float = float("inf")
    spoiled: str = "its view does not say that it may be kept"
    passing: str = ""


_current: ContextVar[Dependencies | None] = ContextVar("kernel_dependencies", default=None)


@contextmanager
def collecting() -> Iterator[Dependencies]:
    """Note what this block reads."""
    collected = Dependencies()
    before = _current.set(collected)
    try:
        yield collected
    finally:
        _current.reset(before)


@contextmanager
def paused() -> Iterator[None]:
    """Note nothing: what is read here is a value whose versions are noted already."""
    before = _current.set(None)
    try:
        yield
    finally:
        _current.reset(before)


def keepable(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view reads nothing but what is noted, and does nothing."""

    @wraps(view)
    def noting(*args: P.args, **kwargs: P.kwargs) -> R:
        collected = _current.get()
        if collected is not None and collected.spoiled == Dependencies.spoiled:
            collected.spoiled = ""
        return view(*args, **kwargs)

    return noting


def depends(versions: Mapping[str, object]) -> None:
    """The answer is right for as long as these have the versions that they have now."""
    collected = _current.get()
    if collected is not None:
        for name, version in versions.items():
            # The first one stands: what was read with it is in the answer.
            collected.versions.setdefault(name, version)


def good_for(seconds: float) -> None:
    """The answer is right for so long."""
    collected = _current.get()
    if collected is not None:
        collected.until = min(collected.until, time.time() + seconds)


def passing(why: str) -> None:
    """The answer is right now, and may be wrong in a moment."""
    collected = _current.get()
    if collected is not None:
        collected.passing = why


def spoil(why: str) -> None:
    """The answer is right for this request, and may be wrong for one like it."""
    collected = _current.get()
    if collected is not None:
        collected.spoiled = why
