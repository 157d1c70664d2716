"""The groups of an HA cluster: etcd and all members started, until each group has its primary."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from apps.cluster import etcd, patroni, processes
from apps.cluster.errors import ClusterError
from apps.cluster.patroni import Member
from apps.cluster.plan import Plan

# A new group runs initdb; one that was killed waits for the lease of its primary to end.
PATIENCE = 90


def start(home: Path, plan: Plan, members: list[Member]) -> None:
    """Start what does not run; return when each group has a primary with all its replicas."""
    patroni.check()
    etcd.start(home, plan)
    for member in members:
        if member.agent is None:
            member.start()
    with ThreadPoolExecutor() as pool:
        list(pool.map(_await_group, by_group(members).values()))


def stop(home: Path, plan: Plan, members: list[Member]) -> None:
    """Stop replicas, then primaries, then etcd."""
    with ThreadPoolExecutor() as pool:
        leads = dict(zip(members, pool.map(Member.is_leader, members), strict=True))
        for leading in (False, True):
            list(pool.map(Member.stop, [one for one in members if leads[one] is leading]))
        list(pool.map(etcd.Server.stop, etcd.servers(home, plan)))


def by_group(members: list[Member]) -> dict[str, list[Member]]:
    """Return the members of each group."""
    names = dict.fromkeys(member.node.group for member in members)
    return {name: [m for m in members if m.node.group == name] for name in names}


def leader(members: list[Member]) -> Member | None:
    """Return the primary of a group, None while it has none."""
    return next((member for member in members if member.is_leader() and member.answers()), None)


def await_leader(members: list[Member], patience: float = PATIENCE) -> Member:
    """Return the primary of a group once it has one; raises ClusterError."""
    end_at = time.monotonic() + patience
    while time.monotonic() < end_at:
        if found := leader(members):
            return found
        time.sleep(0.2)
    logs = " and ".join(str(member.log) for member in members)
    raise ClusterError(f"{members[0].node.group} has found no primary. Look at {logs}.")


def is_whole(members: list[Member]) -> bool:
    """Tell whether a group has a primary and a replica in step, and all replicas stream."""
    roles = [member.role() for member in members]
    others = [m for m, role in zip(members, roles, strict=True) if role != "primary"]
    is_led = len(others) == len(members) - 1 and (not others or "sync replica" in roles)
    return is_led and all(member.is_streaming() for member in others)


def _await_group(members: list[Member]) -> None:
    await_leader(members).ensure_database()
    if not processes.wait_for(lambda: is_whole(members), PATIENCE, pause=0.2):
        logs = " and ".join(str(member.log) for member in members)
        name = members[0].node.group
        raise ClusterError(f"A replica of {name} does not stream. Look at {logs}.")
