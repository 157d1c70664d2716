"""Plugins for tests: made of functions, or installed beside the program for other processes."""

import contextlib
import types

import pytest
from django.urls import get_resolver

from apps.plugins import discovery, manager, strikes, switches
from apps.plugins.discovery import Found


@pytest.fixture
def make_plugin(monkeypatch):
    """Return a function that makes a plugin of functions, which is on; no other one is there."""
    # The site's addresses are collected once: from the plugins that are really there.
    assert get_resolver().url_patterns
    made = {}
    monkeypatch.setattr(discovery, "loaded", lambda: made)

    def make(name, *functions, bundled=True):
        module = types.ModuleType(f"{name}_package.plugin", f"The plugin {name}.")
        for function in functions:
            function.__module__ = module.__name__
            setattr(module, function.__name__, function)
        made[name] = Found(name, f"{name}_package", bundled)
        discovery.owner_of.cache_clear()
        manager._register(made[name], module)
        switches.assume(dict(switches._standings))
        return module

    yield make
    for name in made:
        strikes.forget(name)
        with contextlib.suppress(AssertionError, ValueError):
            manager._pluggy.unregister(name=name)
    made.clear()
    discovery.owner_of.cache_clear()
    switches.assume({})


@pytest.fixture
def install_plugins(tmp_path):
    """Return a function that installs packages by entry point; gives the variables for that."""

    def install(packages):
        site = tmp_path / "site"
        info = site / "bad_plugins-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-plugins\nVersion: 1.0\n")
        lines = [f"{name} = {path.name}" for name, path in packages.items()]
        (info / "entry_points.txt").write_text("[rookery.plugins]\n" + "\n".join(lines) + "\n")
        folders = {str(path.parent) for path in packages.values()}
        return {"PYTHONPATH": ":".join([str(site), *sorted(folders)])}

    return install


@pytest.fixture
def in_their_own_database(topology):
    """The variables by which a test run in another process has databases of its own."""
    return {"ROOKERY_TOPOLOGY": topology, "ROOKERY_SECRET_KEY": "x" * 50}
