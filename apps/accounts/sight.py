"""Who sees whom, as the plugins decide: the one place where the core asks that.

Where no answer can be had, nobody is shown but oneself.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from apps.accounts import hooks
from apps.kernel import dependencies
from apps.plugins import calls
from apps.plugins.errors import Unanswered
from apps.replication import scopes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sight:
    """What one viewer (None: a visitor) does not see; not `whole` where that is not known."""

    viewer_id: int | None
    hidden: frozenset[int] = frozenset()
    muted: frozenset[int] = frozenset()
    gone: tuple[frozenset[int], ...] = ()
    whole: bool = True

    def shows(self, author_id: int, *, asked: bool = False) -> bool:
        """Tell whether the viewer sees an author; `asked` for, also one whom he has muted."""
        if author_id == self.viewer_id:
            return True
        if not self.whole or author_id in self.hidden:
            return False
        if any(author_id in gone for gone in self.gone):
            return False
        return asked or author_id not in self.muted

    def required(self) -> "Sight":
        """Return this where it is whole; raises Unanswered where it is not."""
        if not self.whole:
            raise Unanswered
        return self

    @property
    def unseen(self) -> frozenset[int]:
        """Whom this viewer does not see without asking, though others may."""
        return (self.hidden | self.muted) - {self.viewer_id or 0}


_kept: ContextVar[dict[int | None, Sight] | None] = ContextVar("accounts_sight", default=None)


def of(viewer_id: int | None) -> Sight:
    """Return what a viewer does not see; within one request asked once."""
    kept = _kept.get()
    if kept is None:
        return _ask(viewer_id)
    if viewer_id not in kept:
        kept[viewer_id] = _ask(viewer_id)
    return kept[viewer_id]


def is_partial() -> bool:
    """Tell whether this request has left out what it could not ask about."""
    return any(not sight.whole for sight in (_kept.get() or {}).values())


@contextmanager
def kept() -> Iterator[None]:
    """Ask once for as long as the block runs."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


class KeptSight:
    """Middleware: whom a viewer does not see is asked once a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        with kept():
            return self.get_response(request)


def _ask(viewer_id: int | None) -> Sight:
    try:
        # By what is known for certain: a replica that lacks a block would show who is blocked.
        with scopes.exact():
            found = calls.ask(hooks.unseen_by, viewer_id=viewer_id)
    except Unanswered as error:
        log.error("Who sees whom is not known, so nobody is shown: %r", error.__cause__)
        dependencies.passing("who sees whom is not known")
        return Sight(viewer_id, whole=False)
    hidden, muted = ({pk for one in found for pk in one[part]} for part in (0, 1))
    gone = tuple(frozenset(one.gone) for one in found)
    return Sight(viewer_id, frozenset(hidden), frozenset(muted), gone)
