"""The operators' page: what there is of servers, how they are, and how they were just now."""

import time
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import RedisError

from apps.grid import units
from apps.ops import charts, lag, sampling
from apps.ops.charts import Chart
from apps.ops.sampling import KEPT_SECONDS, Point
from apps.ops.snapshots import Outbox, Server, Snapshot

# Who may look at the bucket map may look at where it leads.
PERMISSION = "sharding.view_bucket"


class Replica(NamedTuple):
    """A replica, how many seconds it is behind (None: not known), and who leaves it out."""

    server: Server
    behind: float | None
    left_out_by: int


class Group(NamedTuple):
    """Servers with the same data, and what waits there."""

    name: str
    primary: Server
    replicas: list[Replica]
    chart: Chart
    outbox: Outbox | None
    buckets: int


@never_cache
@require_safe
@staff_member_required
@permission_required(PERMISSION, raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    """Show the page; its middle is the same as what `now` gives."""
    context = {
        **admin.site.each_context(request),
        **_context(),
        "title": "Topology",
        "push_url": settings.PUSH_URL,
    }
    return render(request, "ops/topology.html", context)


@never_cache
@require_safe
@staff_member_required
@permission_required(PERMISSION, raise_exception=True)
def now(request: HttpRequest) -> HttpResponse:
    """Give the part of the page that changes."""
    return render(request, "ops/_topology.html", _context())


def _context() -> dict[str, Any]:
    snapshot, points = sampling.current(), sampling.series()
    running = _units()
    known = {outbox.shard for outbox in snapshot.outboxes if outbox.known}
    groups = [_group(snapshot, name, points, running or []) for name in _names(snapshot)]
    return {
        "groups": groups,
        "troubles": [*_troubles(snapshot, groups), *_of_grid(snapshot, running)],
        "snapshot": snapshot,
        "age": max(0, round(time.time() - snapshot.at)),
        "heat": charts.heat(snapshot.buckets, snapshot.heat, known),
        "units": running,
        "minutes": KEPT_SECONDS // 60,
        "megabytes": snapshot.memory / 2**20 if snapshot.memory is not None else None,
    }


def _names(snapshot: Snapshot) -> list[str]:
    return [server.alias for server in snapshot.servers if server.is_primary]


def _group(snapshot: Snapshot, name: str, points: list[Point], running: list[units.Unit]) -> Group:
    servers = {server.alias: server for server in snapshot.servers if server.group == name}
    primary = servers.pop(name)
    here = [*points, Point(snapshot.at, {s.alias: s.lsn for s in (primary, *servers.values())})]
    tracks = {alias: lag.behind(here, name, alias) for alias in servers}
    replicas = [
        Replica(server, tracks[alias][-1][1], _left_out_by(alias, running))
        for alias, server in servers.items()
    ]
    return Group(
        name=name,
        primary=primary,
        replicas=replicas,
        chart=charts.chart(tracks, snapshot.at, KEPT_SECONDS),
        outbox=next((each for each in snapshot.outboxes if each.shard == name), None),
        buckets=snapshot.buckets.count(name),
    )


def _left_out_by(alias: str, running: list[units.Unit]) -> int:
    """Return how many units have an open breaker for a server."""
    return sum(
        labels["server"] == alias and bool(value)
        for unit in running
        for labels, value, _ in unit.samples.get("rookery_replica_left_out", ())
    )


def _units() -> list[units.Unit] | None:
    """Return the units; None where the server that they meet at does not answer."""
    try:
        return units.listed()
    except RedisError:
        return None


def _troubles(snapshot: Snapshot, groups: list[Group]) -> list[str]:
    """Return in words what is not as it should be, the worst first."""
    found = [f"{s.alias} does not answer: {s.error}" for s in snapshot.servers if s.error]
    for group in groups:
        if not group.primary.error and group.primary.recovers:
            found.append(f"{group.name} takes no writes: it is a replica of another server.")
        for server, behind, _ in group.replicas:
            if server.error:
                continue
            if server.paused:
                found.append(f"{server.alias} has paused replay (pg_wal_replay_resume() goes on).")
            if behind and behind > settings.REPLICATION_MAX_LAG_SECONDS:
                found.append(f"{server.alias} is {behind:.0f} s behind and is left out of reads.")
        if group.outbox and group.outbox.dead:
            found.append(f"{group.name} has {group.outbox.dead} dead letters.")
    return found


def _of_grid(snapshot: Snapshot, running: list[units.Unit] | None) -> list[str]:
    found = []
    if running is None:
        found.append("The server that units meet at does not answer: what was before is not known.")
    elif not any(unit.role == "worker" for unit in running):
        found.append("No worker runs: events wait in the outboxes.")
    if snapshot.queue is None:
        found.append("The broker does not say how much waits in its queue.")
    return found
