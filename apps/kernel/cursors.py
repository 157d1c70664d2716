"""Pages by cursor: a place in a list is the id of its last row, never an offset."""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from apps.kernel.errors import BadCursor

T = TypeVar("T")
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` is None where the list ends."""

    items: list[T]
    next_cursor: str | None = None


def parse(text: str | None) -> int | None:
    """Return the id that a cursor names, None for the first page; raises BadCursor."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST_ID):
        raise BadCursor(text)
    return int(text)


def page(rows: Sequence[T], limit: int, *, key: Callable[[T], int]) -> Page[T]:
    """Cut rows, asked for with one more than `limit`, to a page and its next cursor."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return Page(items, str(key(items[-1])) if more and items else None)


def merge(
    lists: Iterable[Iterable[T]], limit: int, *, key: Callable[[T], int], descending: bool = True
) -> list[T]:
    """Merge lists, each sorted by the unique `key`, into the first `limit` of them all."""
    return list(islice(heapq.merge(*lists, key=key, reverse=descending), limit))
