"""How hooks are declared, and how a plugin says that it implements one.

The core declares, in a module `hooks` of the app that calls:

    @hookspec(seconds=0.25, shape=entries)
    def navigation(request: HttpRequest) -> Sequence[Entry]: ...

A plugin implements, in its module `plugin`:

    @hookimpl
    def navigation(request):
        return [Entry("Trending", "/trending", "hash")]
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pluggy

PROJECT = "rookery"
F = TypeVar("F", bound=Callable[..., Any])

_spec = pluggy.HookspecMarker(PROJECT)
_impl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Terms:
    """What holds for every implementation of a hook.

    `version`: of its arguments and its answer. `seconds`, `queries`: what one call may take.
    `shape` turns an answer into what the core expects, or raises. `passes`: exceptions that are
    answers too, and reach the core. A `closed` hook protects somebody: it is also asked of a plugin
    that is quarantined, so only a person can switch it off; what is asked by it is asked by
    `calls.ask`.
    """

    version: int = 1
    seconds: float = 0.5
    queries: int = 20
    shape: Callable[[Any], Any] = lambda answer: answer
    passes: tuple[type[BaseException], ...] = ()
    closed: bool = False


def hookspec(**terms: Any) -> Callable[[F], F]:
    """Declare a hook with its Terms; its name is the function's."""

    def mark(function: F) -> F:
        function.rookery_terms = Terms(**terms)  # type: ignore[attr-defined]
        return _spec(function)

    return mark


def hookimpl(
    function: Any = None,
    *,
    version: int = 1,
    order: int = 0,
    optional: bool = False,
    keepable: bool = False,
) -> Any:
    """Implement the hook of the same name in its `version`.

    Where several plugins do, those with a lower `order` come first, equal ones by their names.
    With `optional` the hook may be one of another plugin that is not there. What is `keepable`
    depends on its arguments, on cached queries and on what it says to `kernel.dependencies`, so a
    page that shows it may be answered from memory.
    """

    def mark(function: F) -> F:
        function.rookery_version = version  # type: ignore[attr-defined]
        function.rookery_order = order  # type: ignore[attr-defined]
        function.rookery_keepable = keepable  # type: ignore[attr-defined]
        return _impl(function, optionalhook=optional)

    return mark if function is None else mark(function)


def terms_of(spec: Callable[..., Any]) -> Terms:
    """Return the terms of a declared hook."""
    terms: Terms = spec.rookery_terms  # type: ignore[attr-defined]
    return terms
