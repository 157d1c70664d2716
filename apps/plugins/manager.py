"""The plugin manager: what is declared, what is implemented, and what of that is on now.

All plugins are loaded at the start; which of them are called is a `Plan`, made anew when a switch
moves. A hook call looks into the plan and into nothing else.
"""

import logging
import traceback
from collections.abc import Callable, Container, Iterable
from importlib import import_module
from inspect import getdoc
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

import pluggy
from django.apps import apps
from django.utils.module_loading import module_has_submodule

from apps.plugins import discovery
from apps.plugins.errors import NotAPlugin
from apps.plugins.markers import PROJECT, Terms, terms_of

log = logging.getLogger(__name__)

Spec = Callable[..., Any]
T = TypeVar("T")


class Impl(NamedTuple):
    """A plugin's implementation of a hook; it is called with the arguments that it names.

    What is `at_hand` is first looked for in memory, by the thread that asks.
    """

    plugin: str
    hook: str
    order: int
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    terms: Terms
    keepable: bool
    at_hand: bool


class Plan(NamedTuple):
    """What is on, and what closed hooks ask; `generation` is another number after every change."""

    generation: int
    on: frozenset[str]
    guarding: frozenset[str]
    by_hook: dict[Spec, tuple[Impl, ...]]


_pluggy = pluggy.PluginManager(PROJECT)
_specs: dict[str, Spec] = {}
_broken: dict[str, str] = {}
_plan: Plan | None = None
NOTHING = Plan(0, frozenset(), frozenset(), {})


def load() -> None:
    """Find the hooks of all apps, then what the plugins implement. One that cannot is left out."""
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "hooks"):  # type: ignore[arg-type]
            _declare(import_module(f"{config.name}.hooks"))
    for plugin in discovery.loaded().values():
        try:
            _register(plugin, import_module(f"{plugin.package}.plugin"))
        except Exception:
            _break(plugin.name)


def collect(spec: Callable[[], T]) -> list[tuple[str, T]]:
    """Return what each plugin, on or off, answers to a hook that is asked once, at the start.

    Whatever raises there cannot be used.
    """
    found = []
    for impl in _implementations(spec.__name__, discovery.loaded()):
        try:
            found.append((impl.plugin, terms_of(spec).shape(impl.function())))
        except Exception:
            _break(impl.plugin)
    return found


def switch_on(names: Iterable[str], guarding: Iterable[str] = ()) -> None:
    """Call these plugins from now on, and no others; those `guarding` for closed hooks alone."""
    global _plan
    usable = discovery.loaded().keys() - _broken.keys()
    on = frozenset(names) & usable
    closed = on | (frozenset(guarding) & usable)
    if _plan is None or (on, closed) != (_plan.on, _plan.guarding):
        by_hook = {
            spec: _implementations(spec.__name__, closed if terms_of(spec).closed else on)
            for spec in specs()
        }
        generation = _plan.generation + 1 if _plan else 1
        found = {spec: impls for spec, impls in by_hook.items() if impls}
        _plan = Plan(generation, on, closed, found)


def plan() -> Plan:
    """Return what is on now; before anybody said so, nothing is."""
    return _plan or NOTHING


def is_planned() -> bool:
    """Tell whether this process knows already what is on."""
    return _plan is not None


def broken() -> dict[str, str]:
    """Return the plugins that cannot be used, each with the reason."""
    return dict(_broken)


def specs() -> list[Spec]:
    """Return every declared hook, by name."""
    return [_specs[name] for name in sorted(_specs)]


def hooks_of(plugin: str) -> list[str]:
    """Return the names of the hooks that a plugin implements."""
    module = _pluggy.get_plugin(plugin)
    return sorted(caller.name for caller in _pluggy.get_hookcallers(module) or ()) if module else []


def about(plugin: str) -> str:
    """Return what a plugin says of itself: the first line of its module `plugin`."""
    module = _pluggy.get_plugin(plugin)
    return (getdoc(module) or "").partition("\n")[0] if module else ""


def _declare(module: ModuleType) -> None:
    declared = [f for f in vars(module).values() if hasattr(f, "rookery_terms")]
    if declared:
        _pluggy.add_hookspecs(module)
    _specs.update({function.__name__: function for function in declared})


def _break(plugin: str) -> None:
    """Leave a plugin out for as long as the process lives."""
    _broken[plugin] = traceback.format_exc()
    log.error("The plugin %s cannot be used: %s", plugin, _broken[plugin])
    if _plan is not None:
        switch_on(_plan.on, _plan.guarding)


def _register(plugin: discovery.Found, module: ModuleType) -> None:
    try:
        _pluggy.register(module, name=plugin.name)
        for caller in _pluggy.get_hookcallers(module) or ():
            _check(plugin.name, caller)
    except Exception:
        if _pluggy.get_plugin(plugin.name):
            _pluggy.unregister(name=plugin.name)
        raise


def _check(plugin: str, caller: Any) -> None:
    """Raise NotAPlugin where a hook is unknown or of another version."""
    impl = next(impl for impl in caller.get_hookimpls() if impl.plugin_name == plugin)
    if caller.spec is None:
        if impl.optionalhook:
            return
        raise NotAPlugin(f"There is no hook {caller.name!r}; `manage.py plugins hooks` lists them.")
    offered, wanted = terms_of(caller.spec.function).version, impl.function.rookery_version
    if offered != wanted:
        raise NotAPlugin(
            f"{plugin} implements version {wanted} of {caller.name}; here is version {offered}. "
            "Install the plugin for this release."
        )


def _implementations(hook: str, on: Container[str]) -> tuple[Impl, ...]:
    caller = getattr(_pluggy.hook, hook)
    terms = terms_of(caller.spec.function)
    found = [
        _impl(implementation, hook, terms)
        for implementation in caller.get_hookimpls()
        if implementation.plugin_name in on
    ]
    return tuple(sorted(found, key=lambda impl: (impl.order, impl.plugin)))


def _impl(found: Any, hook: str, terms: Terms) -> Impl:
    function = found.function
    return Impl(
        found.plugin_name,
        hook,
        function.rookery_order,
        function,
        found.argnames,
        terms,
        function.rookery_keepable,
        # What answers alike until something changes may be asked twice. Whoever wrote it could have
        # this thread sleep for ever, so it must have come with the program, and guard nobody.
        function.rookery_keepable
        and discovery.loaded()[found.plugin_name].bundled
        and not terms.closed,
    )
