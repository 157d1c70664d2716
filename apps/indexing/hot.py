"""Hot queries: named beside the function that runs them, with arguments of the busiest to try them.

    @hot("posts.author_page", lambda shard: (busiest_author(shard), None))
    def written(author_id: int, before: int | None) -> list[int]: ...

The function stays as it is. What it sends to a shard is what is explained: no copy that grows old.
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, NamedTuple, TypeVar

from django.apps import apps
from django.db import connections, transaction

F = TypeVar("F", bound=Callable[..., Any])
DIRECTORY = "directory"


class Hot(NamedTuple):
    """A function whose queries are hot. `sample(shard)` gives arguments; None where there are none.

    `most` bounds the rows that one of its statements may read where that is not in proportion to
    what it returns (a count, a claim); `why` says so. `is_on` is where it runs: on each shard, or
    in the directory.
    """

    name: str
    function: Callable[..., Any]
    sample: Callable[[str], tuple[Any, ...] | None]
    most: int
    why: str
    is_on: str


class Statement(NamedTuple):
    """What a function sent to a database."""

    sql: str
    params: Any


_registry: dict[str, Hot] = {}


def hot(
    name: str,
    sample: Callable[[str], tuple[Any, ...] | None],
    *,
    most: int = 0,
    why: str = "",
    is_on: str = "shards",
) -> Callable[[F], F]:
    """Name a function's queries. A bound of its own (`most`) needs a reason (`why`)."""
    if bool(most) != bool(why):
        raise ValueError(f"{name}: a bound and its reason belong together")

    def decorate(function: F) -> F:
        _registry[name] = Hot(name, function, sample, most, why, is_on)
        return function

    return decorate


def registered() -> dict[str, Hot]:
    """Return the hot queries by name, of whatever module of an app of ours."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps."):
            for found in walk_packages([config.path], f"{config.name}."):
                if not SKIPPED & set(found.name.split(".")):
                    import_module(found.name)
    return dict(sorted(_registry.items()))


def sent(query: Hot, alias: str, args: tuple[Any, ...]) -> list[Statement]:
    """Run a function and undo it; returns the statements that it sent to a database."""
    found: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("( \n")[:6].upper() in VERBS and not _is_about_servers(sql):
            found.append(Statement(sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic(using=alias), connections[alias].execute_wrapper(note):
        answer = query.function(*args)
        if hasattr(answer, "__iter__"):
            list(answer)
        transaction.set_rollback(True, using=alias)
    return found


SKIPPED = {"contrib", "tests", "migrations", "management", "skeleton"}
VERBS = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH R", "WITH N"}


def _is_about_servers(sql: str) -> bool:
    """Tell whether a statement reads no table: a lock, a clock, a setting."""
    return " FROM " not in sql.upper().replace("\n", " ") and "INTO" not in sql.upper()
