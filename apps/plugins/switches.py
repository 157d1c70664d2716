"""Plugins on and off: the directory says which, every unit knows it without asking.

A change is written, then hinted at; each unit reads the table again (`hearing`). What one unit has
quarantined is off there at once, whatever the table still says.
"""

import logging
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from redis import Redis
from redis.exceptions import RedisError

from apps.plugins import discovery, manager, strikes
from apps.plugins.errors import NoSuchPlugin
from apps.plugins.models import Switch

log = logging.getLogger(__name__)

DIRECTORY = "default"
CHANNEL = "plugins.switched"
State = Switch.State


class Standing(NamedTuple):
    """What the table says of a plugin; version 0 is that it says nothing."""

    state: str
    version: int
    reason: str = ""


_standings: dict[str, Standing] = {}
# Quarantined by this unit, each with the version of the switch then.
_here: dict[str, int] = {}


def is_on(plugin: str) -> bool:
    """Tell whether a plugin is on."""
    return plugin in _plan().on


def is_silent(module: str) -> bool:
    """Tell whether a module belongs to a plugin that is off; no module of the core does."""
    owner = discovery.owner_of(module)
    return owner is not None and owner not in _plan().on


def standing(plugin: str) -> Standing:
    """Return what the table said of a plugin when this unit read it last."""
    found = discovery.loaded().get(plugin)
    default = State.ON if found and found.bundled else State.OFF
    return _standings.get(plugin, Standing(default, 0))


def switch(plugin: str, state: str, reason: str = "") -> None:
    """Switch a plugin on or off in all units; raises NoSuchPlugin."""
    if plugin not in discovery.loaded():
        raise NoSuchPlugin(plugin)
    with transaction.atomic(using=DIRECTORY):
        rows = Switch.objects.using(DIRECTORY)
        row, made = rows.select_for_update().get_or_create(
            name=plugin, defaults={"state": state, "reason": reason}
        )
        if not made:
            row.state, row.reason, row.version = state, reason, row.version + 1
            row.save(using=DIRECTORY)
        transaction.on_commit(announce, using=DIRECTORY)
    refresh()


def quarantine(plugin: str, version: int, reason: str) -> bool:
    """Switch a plugin off after faults, unless somebody has moved its switch since `version`.

    Tells whether this call did it.
    """
    with transaction.atomic(using=DIRECTORY):
        rows = Switch.objects.using(DIRECTORY)
        if version == 0:
            fresh = Switch(name=plugin, state=State.ON, version=0)
            rows.bulk_create([fresh], ignore_conflicts=True)
        moved = rows.filter(name=plugin, version=version, state=State.ON).update(
            state=State.QUARANTINED, reason=reason[:500], version=F("version") + 1
        )
        transaction.on_commit(announce, using=DIRECTORY)
    refresh()
    return bool(moved)


def quarantine_here(plugin: str) -> int:
    """Switch a plugin off in this unit at once; returns the version of its switch."""
    version = _here[plugin] = standing(plugin).version
    _apply()
    return version


def refresh() -> bool:
    """Read the table anew; tells whether that went well. Otherwise all stays as it was."""
    try:
        rows = list(Switch.objects.using(DIRECTORY).all())
    except DatabaseError as error:
        log.warning("Which plugins are on cannot be read: %s", error)
        return False
    assume({row.name: Standing(row.state, row.version, row.reason) for row in rows})
    return True


def assume(standings: dict[str, Standing]) -> None:
    """Take this for what the table says."""
    global _standings
    for name in [n for n, version in _here.items() if version != _version(standings, n)]:
        del _here[name]
    for name in standings.keys() | _standings.keys():
        if _version(standings, name) != _version(_standings, name):
            strikes.forget(name)
    _standings = standings
    _apply()


def announce() -> None:
    """Hint to all units that a switch moved. Where the hint is lost they find it out later."""
    if not settings.PLUGINS_HINTS:
        return
    try:
        with Redis.from_url(settings.PLUGINS_HINTS, socket_timeout=1) as redis:
            redis.publish(CHANNEL, "")
    except (RedisError, OSError) as error:
        log.warning("Units find out later which plugins are on: %s", error)


def _plan() -> manager.Plan:
    if not manager.is_planned() and not refresh():
        # Nobody knows what is on: what protects somebody is asked in any case.
        manager.switch_on((), guarding=discovery.loaded())
    return manager.plan()


def _apply() -> None:
    names = discovery.loaded()
    on = [n for n in names if standing(n).state == State.ON and n not in _here]
    faulty = [n for n in names if standing(n).state == State.QUARANTINED or n in _here]
    manager.switch_on(on, guarding=faulty)


def _version(standings: dict[str, Standing], plugin: str) -> int:
    return standings[plugin].version if plugin in standings else 0
