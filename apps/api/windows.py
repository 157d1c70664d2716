"""Windows on lists: `max_id`, `since_id`, `min_id` and `limit`, and the Link header to the next."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest

from apps.api import params
from apps.kernel.cursors import Page
from apps.sharding import places

T = TypeVar("T")

DEFAULT, MOST = 20, 40
# A window that asks for what follows `min_id`, or for few of many, looks at so many pages.
MOST_PAGES = 10
PLACES = ("max_id", "since_id", "min_id")


class Window(NamedTuple):
    """Items with ids below `max_id` and above `since_id`: the newest of them.

    With `min_id`: those that come right after it.
    """

    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = DEFAULT

    @property
    def above(self) -> int:
        """Only ids above this are asked for."""
        return max(self.since_id or 0, self.min_id or 0)


class Found(NamedTuple, Generic[T]):
    """The items of a window, newest first, with the ids of the first and the last."""

    items: list[T]
    first: int | None
    last: int | None


def look(
    fetch: Callable[[int | None], Page[T]],
    window: Window,
    *,
    key: Callable[[T], int],
    keep: Callable[[T], bool] = lambda _: True,
) -> Found[T]:
    """Return what a window shows of a list, newest first; `fetch` gives the page before an id.

    A page may be short, since it leaves out what is not for this viewer.
    """
    found: list[T] = []
    before = window.max_id
    for _ in range(MOST_PAGES):
        page = fetch(before)
        fresh = [item for item in page.items if key(item) > window.above]
        found += [item for item in fresh if keep(item)]
        is_enough = window.min_id is None and len(found) >= window.limit
        # An app goes on by ids: what a shard that is away owes comes when the list is asked anew.
        before = places.parse(page.next_cursor).before if page.next_cursor else 0
        if is_enough or len(fresh) < len(page.items) or not before:
            break
    cut = found[-window.limit :] if window.min_id is not None else found[: window.limit]
    return Found(cut, key(cut[0]) if cut else None, key(cut[-1]) if cut else None)


def link(request: HttpRequest, found: Found[Any]) -> str:
    """Return the Link header of a window, empty where it shows nothing."""
    if found.first is None:
        return ""
    places = (("next", "max_id", found.last), ("prev", "min_id", found.first))
    return ", ".join(f'<{_url(request, name, at)}>; rel="{rel}"' for rel, name, at in places)


def _url(request: HttpRequest, place: str, at: int | None) -> str:
    fields = {name: values for name, values in request.GET.lists() if name not in PLACES}
    query = urlencode({**fields, place: at}, doseq=True)
    return f"{settings.SITE_URL}{request.path}?{query}"


def of(request: HttpRequest, default: int = DEFAULT, most: int = MOST) -> Window:
    """Return the window that a request asks for; raises BadCursor."""
    said = params.of(request)
    places = {name: said.id(name) for name in PLACES}
    return Window(**places, limit=said.number("limit", default, most))
