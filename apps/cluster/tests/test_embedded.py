"""The embedded servers, made, killed and brought back in a folder of their own."""

import json
import os
import signal
import socket

import psycopg
import pytest
from django.core.management import CommandError, call_command

from apps.cluster import plan as plans
from apps.cluster import processes
from apps.cluster.embedded import Cluster
from apps.cluster.errors import ClusterError
from apps.cluster.plan import Shape

pytestmark = pytest.mark.cluster

SMALL = Shape(shards=1, replicas=1, directory_replicas=0)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("it's a folder with spaces")
    yield folder
    cluster = Cluster(folder, print, {})
    if cluster.plan():
        cluster.destroy()


@pytest.fixture
def small(home):
    cluster = Cluster(home, print, {"fsync": "off"})
    cluster.up(SMALL)
    return cluster


def server(cluster, name):
    return next(s for s in cluster.servers() if s.node.name == name)


def test_up_again_changes_nothing(small):
    before = [s.process.pid for s in small.servers()]

    small.up()

    assert [s.process.pid for s in small.servers()] == before
    assert small.is_up()


def test_data_outlives_down_and_ports_are_kept(small):
    shard = server(small, "shard0")
    shard.ask("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    port = shard.node.port

    small.down()
    assert not small.is_up()
    small.up()

    assert server(small, "shard0").ask("SELECT answer FROM kept") == [(42,)]
    assert server(small, "shard0").node.port == port


@pytest.mark.parametrize("name", ["shard0", "shard0-replica0", "directory"])
def test_a_killed_server_comes_back_with_what_it_had(small, name):
    shard = server(small, "shard0")
    shard.ask("CREATE TABLE IF NOT EXISTS rows (n int)")
    shard.ask("INSERT INTO rows VALUES (1)")
    count = shard.ask("SELECT count(*) FROM rows")
    os.kill(server(small, name).process.pid, signal.SIGKILL)

    small.up()

    assert small.is_up()
    assert server(small, "shard0").ask("SELECT count(*) FROM rows") == count
    replica = server(small, "shard0-replica0")
    assert processes.wait_for(lambda: replica.ask("SELECT count(*) FROM rows") == count, 10)


def test_a_killed_valkey_comes_back(small):
    os.kill(small.valkey().process.pid, signal.SIGKILL)
    assert processes.wait_for(lambda: small.valkey().process is None, 5)

    small.up()

    assert small.valkey().answers()


def test_a_replica_whose_slot_is_gone_is_copied_anew(small):
    primary, replica = server(small, "shard0"), server(small, "shard0-replica0")
    replica.stop()
    primary.ask("SELECT pg_drop_replication_slot('shard0_replica0')")
    primary.ask("CREATE TABLE IF NOT EXISTS written_meanwhile AS SELECT 1 AS n")
    [(segment,)] = primary.ask("SELECT pg_walfile_name(pg_current_wal_lsn())")

    def is_gone():
        primary.ask("SELECT pg_logical_emit_message(true, '', ''), pg_switch_wal()")
        primary.ask("CHECKPOINT")
        return not (primary.data / "pg_wal" / segment).exists()

    assert processes.wait_for(is_gone, 30)
    said = []
    small.say = said.append

    small.up()

    assert any("copying it anew" in line for line in said)
    assert replica.is_streaming()
    assert replica.ask("SELECT n FROM written_meanwhile") == [(1,)]


def test_half_a_replica_is_copied_anew(small):
    replica = server(small, "shard0-replica0")
    replica.stop()
    (replica.data / "PG_VERSION").unlink()
    said = []
    small.say = said.append

    small.up()

    assert "shard0-replica0: making" in said
    assert replica.is_streaming()


def test_what_a_killed_up_left_is_removed(small):
    leftover = small.home / "pg" / "shard0-replica0.making"
    small.down()
    server(small, "shard0-replica0").remove()
    leftover.mkdir()
    (leftover / "junk").touch()

    small.up()

    assert not leftover.exists()
    assert small.is_up()


def test_a_port_that_another_program_holds_is_named_with_the_remedy(small):
    small.down()
    port = server(small, "shard0").node.port
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with pytest.raises(ClusterError, match=f"Port {port} of shard0 .*--new-ports"):
            small.up()
        small.up(new_ports=True)

    assert server(small, "shard0").node.port != port
    assert server(small, "shard0-replica0").is_streaming()


def test_half_a_primary_is_left_alone(tmp_path):
    cluster = Cluster(tmp_path, print, {})
    plans.save(tmp_path, plans.new(SMALL))
    half = tmp_path / "pg" / "shard0"
    half.mkdir(parents=True)
    (half / "base").touch()

    with pytest.raises(ClusterError, match=r"has no PG_VERSION.*move it away"):
        cluster.up()

    assert (half / "base").exists()


def test_a_folder_whose_name_no_shell_takes_is_refused(tmp_path):
    with pytest.raises(ClusterError, match="its name has \\$"):
        Cluster(tmp_path / "a$HOME", print, {}).up()


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "holiday.jpg").touch()

    with pytest.raises(ClusterError, match=r"holds other things \(holiday\.jpg\)"):
        Cluster(tmp_path, print, {}).up()

    assert not (tmp_path / "cluster.json").exists()


def test_data_without_a_plan_is_left_alone(tmp_path):
    (tmp_path / "pg" / "shard0").mkdir(parents=True)

    with pytest.raises(ClusterError, match=r"cluster\.json.*is gone"):
        Cluster(tmp_path, print, {}).up()


def test_a_full_disk_is_seen_before_anything_is_made(tmp_path, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10 * 2**20))

    with pytest.raises(ClusterError, match="10 MB free; 3 servers need 360 MB"):
        Cluster(tmp_path, print, {}).up(SMALL)

    assert not (tmp_path / "cluster.json").exists()


def test_other_programs_of_postgresql_can_be_named(monkeypatch, tmp_path):
    from apps.cluster import programs

    programs.postgres.cache_clear()
    monkeypatch.setenv("ROOKERY_PG_BIN", str(tmp_path))
    try:
        with pytest.raises(ClusterError, match="ROOKERY_PG_BIN"):
            programs.postgres("initdb")
    finally:
        programs.postgres.cache_clear()


def test_a_stranger_with_an_old_pid_is_not_ours(tmp_path):
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(str(os.getpid()))

    assert processes.of(pid_file, "no command of ours") is None


def test_a_replica_with_the_old_pid_of_its_primary_is_not_the_primary(small, tmp_path):
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(str(server(small, "shard0-replica0").process.pid))

    assert processes.of(pid_file, str(server(small, "shard0").data)) is None


def test_the_commands_leave_servers_alone_that_are_not_ours(monkeypatch):
    monkeypatch.setenv("ROOKERY_TOPOLOGY", "{}")

    for verb in ("up", "down", "destroy"):
        with pytest.raises(CommandError, match="not ours"):
            call_command("cluster", verb)


def test_status_tells_which_servers_elsewhere_answer(small, monkeypatch, capsys):
    tree = small.plan().topology()
    monkeypatch.setenv("ROOKERY_TOPOLOGY", json.dumps(tree))
    call_command("cluster", "status")
    assert capsys.readouterr().out.count(" up") == 5

    tree["directory"]["primary"] = tree["shards"]["shard0"]["replicas"][0].replace(
        "@", "@localhost,"
    )
    tree["cache"]["url"] = f"redis://127.0.0.1:{plans.free_ports(1)[0]}/0"
    monkeypatch.setenv("ROOKERY_TOPOLOGY", json.dumps(tree))
    with pytest.raises(CommandError, match="Not all servers answer"):
        call_command("cluster", "status")

    out = capsys.readouterr().out
    assert "is a replica" in out
    assert "refused" in out
    assert small.plan().password not in out


def test_destroy_asks_first_and_leaves_what_is_not_ours(tmp_path, settings, monkeypatch, capsys):
    settings.HOME = tmp_path
    call_command("cluster", "up", "--shards", "1", "--replicas", "0")
    (tmp_path / "holiday.jpg").touch()
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("cluster", "destroy")

    call_command("cluster", "destroy", "--yes")

    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_status_tells_what_runs(home, small, settings, capsys):
    settings.HOME = home
    call_command("cluster", "status")
    assert "streaming" in capsys.readouterr().out
    os.kill(server(small, "shard0-replica0").process.pid, signal.SIGKILL)
    processes.wait_for(lambda: server(small, "shard0-replica0").process is None, 5)

    with pytest.raises(CommandError, match="Not all servers run"):
        call_command("cluster", "status")

    assert "down" in capsys.readouterr().out


def test_nobody_gets_in_without_the_password(small):
    node = server(small, "shard0").node

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://rookery:wrong@127.0.0.1:{node.port}/rookery")

    assert (small.home / "cluster.json").stat().st_mode & 0o077 == 0
