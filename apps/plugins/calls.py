"""How the core calls hooks: by the function that declares them, so arguments and answers are typed.

for entry in calls.gather(hooks.navigation, request=request): ...
draft = calls.pipe(hooks.filter_draft, draft)
"""

from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from typing import Any, Concatenate, ParamSpec, TypeVar

from apps.kernel import dependencies
from apps.plugins import guard, manager, switches
from apps.plugins.errors import Unanswered
from apps.plugins.guard import Call
from apps.plugins.manager import Impl
from apps.plugins.threads import Outcome

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


class Answers(list[T]):
    """What plugins answered, in their order; not `whole` where one was cut off."""

    whole: bool = True


def gather(spec: Callable[P, T | None], *args: P.args, **kwargs: P.kwargs) -> Answers[T]:
    """Return the answers of all plugins that are on; None and what is faulty is left out."""
    outcomes = _attempt(implementations(spec), kwargs)
    found: Answers[T] = Answers(
        one.answer for one in outcomes if one.error is None and one.answer is not None
    )
    found.whole = all(one.error is None for one in outcomes)
    return found


def ask(spec: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> list[T]:
    """Return the answers of all plugins to a closed hook: whole, or it raises.

    Raises what the hook lets pass, the database's error where a server is away, else Unanswered.
    """
    outcomes = _attempt(implementations(spec), kwargs)
    for error in (outcome.error for outcome in outcomes):
        if isinstance(error, guard.AWAY):
            raise error
        if error is not None:
            raise Unanswered from error
    return [outcome.answer for outcome in outcomes]


def pipe(spec: Callable[Concatenate[V, P], V], value: V, *args: P.args, **kwargs: P.kwargs) -> V:
    """Send a value through the plugins that are on, each taking what the one before it gave.

    The value must not be changed in place: a faulty plugin is passed by with what it was given.
    """
    name = next(iter(signature(spec).parameters))
    for impl in implementations(spec):
        outcome = guard.attempt([_call(impl, {**kwargs, name: value})])[0]
        if outcome.error is None:
            value = outcome.answer
    return value


def generation() -> int:
    """Return a number that is another one after every change of what is on."""
    switches.is_on("")
    return manager.plan().generation


def implementations(spec: Callable[..., Any]) -> tuple[Impl, ...]:
    """Return who is to be called for a hook now."""
    switches.is_on("")
    return manager.plan().by_hook.get(spec, ())


def _attempt(impls: Sequence[Impl], kwargs: dict[str, Any]) -> list[Outcome]:
    if not impls:
        return []
    outcomes = guard.attempt([_call(impl, kwargs) for impl in impls])
    for impl, outcome in zip(impls, outcomes, strict=True):
        if outcome.error is not None or not impl.keepable:
            dependencies.spoil(f"{impl.plugin}.{impl.hook} may answer otherwise next time")
    return outcomes


def _call(impl: Impl, kwargs: dict[str, Any]) -> Call:
    given = {name: kwargs[name] for name in impl.arguments}
    return Call(impl.plugin, impl.hook, partial(impl.function, **given), impl.terms, impl.at_hand)
