"""Which plugins there are: folders of bundled ones, and packages that name themselves.

The settings ask here before any app is loaded, so this imports no plugin.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from apps.kernel.errors import Misconfigured

GROUP = "rookery.plugins"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


@dataclass(frozen=True)
class Found:
    """A plugin: its name, the package of its Django app, and whether it came with the program.

    A bundled one is on until it is switched off; one from elsewhere is off until switched on.
    """

    name: str
    package: str
    bundled: bool


def find(folder: Path, package: str) -> tuple[Found, ...]:
    """Return the plugins in a folder of bundled ones and those installed; raises Misconfigured."""
    bundled = [
        Found(path.parent.name, f"{package}.{path.parent.name}", True) for path in _in(folder)
    ]
    installed = [Found(e.name, e.value, False) for e in entry_points(group=GROUP)]
    found: dict[str, Found] = {}
    for plugin in (*bundled, *sorted(installed, key=lambda plugin: plugin.name)):
        if not NAME.match(plugin.name):
            raise Misconfigured(f"entry point {GROUP}", "a name like my_plugin", plugin.name)
        if found.setdefault(plugin.name, plugin) != plugin:
            raise Misconfigured(f"entry point {GROUP}", "a name of its own", plugin.name)
    return tuple(found.values())


@cache
def loaded() -> dict[str, Found]:
    """Return the plugins of this process by name; with safe mode none."""
    from django.conf import settings

    return (
        {} if settings.PLUGINS_SAFE_MODE else {plugin.name: plugin for plugin in settings.PLUGINS}
    )


@cache
def owner_of(module: str) -> str | None:
    """Return the plugin that a module belongs to, None for one of the core."""
    for plugin in loaded().values():
        if module == plugin.package or module.startswith(f"{plugin.package}."):
            return plugin.name
    return None


def _in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/apps.py"))
