"""One call of a plugin, guarded: its time, its queries, and what it raises.

Outside of transactions the call is made on another thread, so the core can stop waiting for it.
What memory alone can answer is answered here first, where the plugin came with the program; what
the core has yet to fetch is fetched before a call leaves.
Inside one it is made here, under a savepoint: another thread would not see what the core has
written so far.
"""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, NamedTuple, TypeVar, cast

from django.db import InterfaceError, OperationalError, connections
from redis import exceptions as redis

from apps.plugins import faults, strikes, threads
from apps.plugins.budgets import Budget, limit
from apps.plugins.errors import PluginFailed
from apps.plugins.markers import Terms
from apps.plugins.threads import Outcome, Step

F = TypeVar("F", bound=Callable[..., Any])
# A server that is away is nobody's fault: the call is lost, but it does not count.
AWAY = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)

# Fetches what the core has said that it will want, so that no plugin waits for it in its own time;
# tells whether there was anything.
Preparation = Callable[[], bool]
_preparations: list[Preparation] = []


class Call(NamedTuple):
    """A function of a plugin, to be called under the terms of a hook."""

    plugin: str
    hook: str
    function: Callable[[], Any]
    terms: Terms
    at_hand: bool = False


def attempt(calls: Sequence[Call]) -> list[Outcome]:
    """Make calls one after the other; returns what became of each. Faults are counted.

    Raises only what the terms let pass.
    """
    steps = [_step(call) for call in calls]
    outcomes = _run(calls, steps)
    for call, outcome in zip(calls, outcomes, strict=True):
        _judge(call, outcome)
    return outcomes


def demand(call: Call) -> Any:
    """Make one call; returns its answer. A fault is counted, then raised as PluginFailed."""
    outcome = attempt([call])[0]
    if isinstance(outcome.error, AWAY):
        raise outcome.error
    if outcome.error is not None:
        raise PluginFailed(call.plugin, outcome.error) from outcome.error
    return outcome.answer


def wrap(plugin: str, hook: str, function: F, terms: Terms) -> F:
    """Return a function of a plugin with every call of it guarded; raises like `demand`."""

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return demand(Call(plugin, hook, partial(function, *args, **kwargs), terms))

    return cast(F, guarded)


def prepare_with(preparation: Preparation) -> None:
    """Have the core do something on its own thread before a call would leave it."""
    _preparations.append(preparation)


def _run(calls: Sequence[Call], steps: Sequence[Step]) -> list[Outcome]:
    """Do steps: from memory those that are at hand, the others where it may take its time."""
    found = [_at_hand(call, step) for call, step in zip(calls, steps, strict=True)]
    if None in found and any(prepare() for prepare in _preparations):
        trios = zip(calls, steps, found, strict=True)
        found = [_at_hand(call, step) if one is None else one for call, step, one in trios]
    rest = [step for step, one in zip(steps, found, strict=True) if one is None]
    if not rest:
        return [one for one in found if one is not None]
    asked = iter(threads.run_here(rest) if _in_transaction() else threads.run(rest))
    return [next(asked) if one is None else one for one in found]


def _at_hand(call: Call, step: Step) -> Outcome | None:
    return threads.from_memory(step) if call.at_hand else None


def _step(call: Call) -> Step:
    budget = Budget(call.terms.queries)

    def run() -> Any:
        with limit(budget):
            return call.terms.shape(call.function())

    def cut_off() -> None:
        budget.cut_off = True

    return Step(call.plugin, call.terms.seconds, run, cut_off)


def _judge(call: Call, outcome: Outcome) -> None:
    error = outcome.error
    if error is None:
        strikes.clear(call.plugin, call.hook)
    elif isinstance(error, call.terms.passes):
        strikes.clear(call.plugin, call.hook)
        raise error
    elif not isinstance(error, AWAY):
        faults.note(call.plugin, call.hook, error)


def _in_transaction() -> bool:
    return any(connection.in_atomic_block for connection in connections.all(initialized_only=True))
