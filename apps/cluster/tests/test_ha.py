"""The embedded cluster under Patroni: a primary that dies is replaced, and nothing is lost."""

import os
import shutil
import signal
import threading
import time
from contextlib import suppress

import psycopg
import pytest
from django.core.management import CommandError, call_command

from apps.cluster import groups, processes, programs, topology
from apps.cluster import plan as plans
from apps.cluster.embedded import Cluster
from apps.cluster.errors import ClusterError
from apps.cluster.plan import Shape

SMALL = Shape(shards=1, replicas=1, directory_replicas=0, ha=True)
needs_etcd = pytest.mark.skipif(not shutil.which("etcd"), reason="needs Debian's etcd-server")


def test_libpq_finds_the_primary_among_all_nodes_and_each_replica_by_itself():
    plan = plans.new(SMALL)
    (one, two), tree = plan.groups["shard0"], plan.topology()

    found = topology.databases(topology.parse(tree), options={})

    assert found["shard0"]["HOST"] == "127.0.0.1,127.0.0.1"
    assert found["shard0"]["PORT"] == f"{one.port},{two.port}"
    assert found["shard0"]["OPTIONS"]["target_session_attrs"] == "read-write"
    assert found["shard0_replica1"]["PORT"] == str(two.port)
    assert found["shard0_replica1"]["OPTIONS"]["target_session_attrs"] == "standby"


def test_a_plan_is_kept_with_its_ports(tmp_path):
    plan = plans.new(SMALL)

    plans.save(tmp_path, plan)

    assert plans.load(tmp_path) == plan
    assert len(plan.etcd_ports) == 3
    with pytest.raises(ClusterError, match="keep the ports"):
        plans.with_new_ports(plan)


def test_without_etcd_it_says_what_to_install_and_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("ROOKERY_ETCD_BIN", "/nowhere/etcd")
    programs.etcd.cache_clear()

    with pytest.raises(ClusterError, match="apt-get install etcd-server"):
        Cluster(tmp_path, print, {}).up(SMALL)

    programs.etcd.cache_clear()
    assert not (tmp_path / "cluster.json").exists()


def test_a_group_of_one_cannot_fail_over(monkeypatch):
    with pytest.raises(CommandError, match="needs a replica"):
        call_command("cluster", "up", "--ha", "--replicas", "0")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ha")
    yield folder
    Cluster(folder, print, {}).destroy()


@pytest.fixture
def led(home):
    cluster = Cluster(home, print, {"fsync": "off"})
    cluster.up(None if cluster.plan() else SMALL)
    return cluster


def shard(cluster):
    return [member for member in cluster.members() if member.node.group == "shard0"]


def kill(*found):
    for process in found:
        for member in [*process.children(recursive=True), process]:
            with suppress(ProcessLookupError):
                os.kill(member.pid, signal.SIGKILL)


class Writer(threading.Thread):
    """Inserts numbers as fast as it can, and keeps those that were acknowledged."""

    def __init__(self, url):
        super().__init__()
        self.url, self.acknowledged, self.ended = url, [], threading.Event()

    def run(self):
        number = 0
        while not self.ended.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True) as connection:
                    while not self.ended.is_set():
                        number += 1
                        connection.execute("INSERT INTO numbers VALUES (%s)", [number])
                        self.acknowledged.append(number)
            except psycopg.Error:
                time.sleep(0.02)


@pytest.mark.cluster
@needs_etcd
def test_a_primary_that_dies_is_replaced_and_nothing_acknowledged_is_lost(led):
    url = led.plan().topology()["shards"]["shard0"]["primary"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE numbers (number int)")
    first = groups.await_leader(shard(led))
    writer = Writer(url)
    writer.start()
    assert processes.wait_for(lambda: len(writer.acknowledged) > 100, 20)

    kill(first.process)
    before = len(writer.acknowledged)
    assert processes.wait_for(lambda: len(writer.acknowledged) > before + 100, 60)
    writer.ended.set()
    writer.join()

    second = groups.await_leader(shard(led))
    with psycopg.connect(url) as connection:
        stored = [n for (n,) in connection.execute("SELECT number FROM numbers").fetchall()]
    lost, doubled = set(writer.acknowledged) - set(stored), len(stored) - len(set(stored))
    print(f"lost: {len(lost)} of {len(writer.acknowledged):,}; doubled: {doubled}")
    assert second.node != first.node
    assert (lost, doubled) == (set(), 0)
    assert processes.wait_for(lambda: groups.is_whole(shard(led)), 90)


@pytest.mark.cluster
@needs_etcd
def test_after_kill_9_of_everything_up_brings_it_back(led):
    groups.await_leader(shard(led)).ask("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    kill(*(one.process for one in led.etcd()))
    kill(*(member.agent for member in led.members()))
    kill(*(member.process for member in led.members()))

    led.up()

    assert led.is_up()
    assert groups.await_leader(shard(led)).ask("SELECT answer FROM kept") == [(42,)]


@pytest.mark.cluster
@needs_etcd
def test_status_tells_who_is_primary_and_down_stops_all(led, settings, capsys):
    settings.HOME = led.home
    call_command("cluster", "status")
    table = capsys.readouterr().out
    primary = groups.await_leader(shard(led)).node.name

    led.down()

    assert {row.split()[0]: row.split()[1] for row in table.splitlines() if "node" in row}[
        primary
    ] == "primary"
    assert "sync replica" in table
    assert table.count("consensus") == 3
    assert not led.runs_at_all()
