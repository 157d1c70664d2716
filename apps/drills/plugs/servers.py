"""Harm to PostgreSQL: killed, hung, behind."""

import signal

from apps.cluster.patroni import Member
from apps.cluster.postgres import Server
from apps.drills import targets
from apps.drills.drill import Drill
from apps.drills.errors import DrillError
from apps.drills.site import HARMED, Site


def _kill_primary(site: Site) -> None:
    primary = site.primary()
    site.notes.append(f"killed {primary.node.name}")
    site.signal(signal.SIGKILL, targets.family(primary.process))


def _kill_node(site: Site) -> None:
    primary = site.primary()
    assert isinstance(primary, Member)  # noqa: S101  (as `needs` says)
    site.notes.append(f"killed {primary.node.name} with its Patroni")
    node = targets.family(primary.agent) + targets.family(primary.process)
    site.signal(signal.SIGKILL, node)


def _stop(site: Site, servers: list[Server]) -> None:
    for server in servers:
        if server.process is not None:
            site.notes.append(f"stopped {server.node.name}")
            site.signal(signal.SIGSTOP, targets.family(server.process))


def _go_on(site: Site) -> None:
    found = [s.process for s in site.cluster.servers() if s.node.name.startswith(HARMED)]
    for process in found:
        if process is not None:
            site.signal(signal.SIGCONT, targets.family(process))
    site.await_whole()


def _replica(site: Site) -> Server:
    _, *replicas = site.servers()
    if not replicas:
        raise DrillError(f"{HARMED} has no replica to harm.")
    return replicas[0]


def _hold_back(site: Site) -> None:
    _replica(site).ask("SELECT pg_wal_replay_pause()")


def _let_go(site: Site) -> None:
    _replica(site).ask("SELECT pg_wal_replay_resume()")


DRILLS = (
    Drill(
        name="primary-kill",
        harms="kill -9 of the primary of shard0, with all its processes",
        promises="no acknowledged write is lost; with --ha the next one follows within 5 s",
        heals="Patroni promotes the replica; without --ha `cluster up` starts the primary again",
        harm=_kill_primary,
        heal=Site.await_whole,
        hold=3,
        gap=15,
        gap_ha=5,
    ),
    Drill(
        name="node-kill",
        harms="kill -9 of the primary of shard0 together with its Patroni: a machine that is lost",
        promises="the replica takes over when the lease has run out: within 23 s",
        heals="Patroni promotes the replica; `cluster up` starts the node again",
        harm=_kill_node,
        heal=Site.await_whole,
        hold=24,
        gap_ha=23,
        needs_ha=True,
    ),
    Drill(
        name="primary-hang",
        harms="SIGSTOP of the primary of shard0: its connections stay open and say nothing",
        promises="the other shards' p99.9 stays within twice what it was; nothing is lost",
        heals="with --ha the replica takes over when the lease has run out; SIGCONT",
        harm=lambda site: _stop(site, [site.primary()]),
        heal=_go_on,
        hold=25,
        gap=40,
        gap_ha=40,
        spares=True,
    ),
    Drill(
        name="replica-hang",
        harms="SIGSTOP of a replica of shard0",
        promises="reads go elsewhere, nobody sees the past; other shards notice nothing",
        heals="SIGCONT; with --ha the primary goes on alone after 3 s",
        harm=lambda site: _stop(site, [_replica(site)]),
        heal=_go_on,
        hold=10,
        gap=3,
        gap_ha=8,
        spares=True,
    ),
    Drill(
        name="replica-lag",
        harms="a replica of shard0 stops replaying: it answers, with the past",
        promises="nobody who has seen newer is answered by it: 0 stale",
        heals="it replays again",
        harm=_hold_back,
        heal=_let_go,
        hold=10,
        gap=3,
        gap_ha=3,
        spares=True,
    ),
    Drill(
        name="shard-down",
        harms="SIGSTOP of all servers of shard0",
        promises="the other shards' p99.9 stays within twice what it was",
        heals="SIGCONT",
        harm=lambda site: _stop(site, site.servers()),
        heal=_go_on,
        hold=10,
        spares=True,
    ),
)
