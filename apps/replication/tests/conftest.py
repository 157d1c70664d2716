import time
from contextlib import contextmanager

import pytest
from django.db import connections

from apps.replication import positions, servers
from project import testing

REPLICAS = ("shard0_replica0", "shard0_replica1")


def run(alias, query):
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone() if cursor.description else None


def wait_for_replicas(*aliases):
    needed = positions.ask("shard0")
    for alias in aliases or REPLICAS:
        while not positions.ask(alias).covers(needed):
            time.sleep(0.01)


def pause(*aliases):
    for alias in aliases:
        run(alias, "SELECT pg_wal_replay_pause()")
        while run(alias, "SELECT pg_get_wal_replay_pause_state()")[0] != "paused":
            time.sleep(0.01)


def resume(*aliases):
    for alias in aliases:
        run(alias, "SELECT pg_wal_replay_resume()")


@pytest.fixture
def caught_up():
    """Every replica of shard0 has replayed what its primary wrote; none is paused afterwards."""
    servers.forget()
    wait_for_replicas()
    yield
    servers.forget()
    resume(*REPLICAS)


@pytest.fixture
def stopped(cluster):
    """Return a context manager in which all processes of a replica's server are stopped."""

    @contextmanager
    def stop(alias):
        name = alias.replace("_", "-")
        process = next(s.process for s in cluster.servers() if s.node.name == name)
        with testing.stopped(process):
            yield

    return stop
