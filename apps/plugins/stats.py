"""What is to be watched: of the microkernel itself, and what plugins tell."""

from collections.abc import Iterator

from apps.plugins import calls, discovery, hooks, switches, threads
from apps.plugins.hooks import Metric


def metrics() -> list[Metric]:
    """Return the numbers of this unit."""
    told = calls.gather(hooks.metrics)
    return [*_own(), *(metric for found in told for metric in found)]


def _own() -> Iterator[Metric]:
    stuck = threads.stuck()
    for name in discovery.loaded():
        label = (("plugin", name),)
        yield Metric("rookery_plugin_on", "1 while a plugin is on", switches.is_on(name), label)
        about = "calls that hang on threads left behind"
        yield Metric("rookery_plugin_stuck", about, stuck.get(name, 0), label)
