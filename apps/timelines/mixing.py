"""Mixing: how a home timeline's page is put together from what was found where. Pure.

An item is what `posts.written_by` gives: `item_id`, `by_id`, `original_of`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]

# What a row of the first query is: an item, the account's horizon, or a merged author.
ITEM, HORIZON, MERGED = range(3)


@dataclass
class Found:
    """What the account's own shard knows. `horizon` 0: the entries are complete."""

    items: list[Item] = field(default_factory=list)
    horizon: int = 0
    merged: list[int] = field(default_factory=list)


def sort_out(rows: Iterable[dict[str, Any]]) -> Found:
    """Sort the rows of the first query by their `kind`."""
    found = Found()
    for row in rows:
        if row["kind"] == ITEM:
            found.items.append(row)
        elif row["kind"] == HORIZON:
            found.horizon = row["item_id"]
        else:
            found.merged.append(row["by_id"])
    return found


def newest(items: Iterable[Item], limit: int) -> list[Item]:
    """Return the newest items, newest first, each id once.

    Right whenever `items` holds the newest `limit` of each source, in whatever order.
    """
    by_id = {item["item_id"]: item for item in items}
    return [by_id[item_id] for item_id in sorted(by_id, reverse=True)[:limit]]


def goes_below(items: list[Item], limit: int, horizon: int) -> bool:
    """Tell whether a page of `limit` items, newest first, reaches below the horizon."""
    return horizon > 0 and (len(items) < limit or items[-1]["item_id"] < horizon)


def cut(items: Iterable[Item], limit: int) -> tuple[list[Item], int | None]:
    """Cut items, newest first, asked for with one more than `limit`, to it.

    Also returns the id down to which they are complete, None where nothing was cut off.
    """
    rows = list(items)
    return rows[:limit], rows[limit - 1]["item_id"] if len(rows) > limit else None
