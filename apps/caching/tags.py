"""Tags: what a cached value depends on. A model declares which tags its rows touch.

    class Post(ShardedModel):
        cache_tags: ClassVar = {"author": "author_id", "post": "id"}

A row of that model touches `posts.author:<author_id>` and `posts.post:<id>`, with its old values
and with its new ones. A family's own tag, `posts.author:*`, is touched where one statement touches
too many to name.

What few ask about may be kept apart: with `"arrival": Apart("id", of="arrived_at")` an update that
changes nothing but `arrived_at` touches `posts.arrival:<id>`, and no other tag.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.apps import apps
from django.db import models


class Apart(NamedTuple):
    """Tags that are touched by changes of one column, `of`, which touch no others.

    `column`, which tells them apart, is the name of one.
    """

    column: str
    of: str


class Family(NamedTuple):
    """One kind of tag, of one model: `column` holds what tells its tags apart.

    `of` is the column whose changes alone touch it; empty where all the others' do.
    """

    model: type[models.Model]
    name: str
    column: str
    of: str = ""


def families() -> Iterator[Family]:
    """Yield every declared kind of tag."""
    for model in apps.get_models():
        declared: dict[str, str | Apart] = getattr(model, "cache_tags", {})
        for name, column in declared.items():
            where = column if isinstance(column, Apart) else (column,)
            yield Family(model, f"{model._meta.app_label}.{name}", *where)


def tag(family: str, value: Any) -> str:
    """Return the tag of one value, as in `posts.author:17`."""
    return f"{family}:{value}"


def whole(tag_name: str) -> str:
    """Return the tag of all of a tag's family."""
    return f"{tag_name.rpartition(':')[0]}:*"
