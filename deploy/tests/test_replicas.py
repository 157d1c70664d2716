"""The scripts of compose's databases, with the real programs in the image's place."""

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest
from manifests import ROOT

from apps.cluster import plan as plans
from apps.cluster import processes, programs

pytestmark = pytest.mark.cluster

SCRIPTS = ROOT / "deploy/compose"
BASH = shutil.which("bash")
PASSWORD = "a-password-of-the-test"


@pytest.fixture
def home():
    # Short and open to the servers' user, as pytest's own folders are not.
    path = Path(tempfile.mkdtemp(prefix="compose", dir="/tmp"))
    path.chmod(0o755)
    for name in ("primary", "replica"):
        (path / name).mkdir(mode=0o700)
        programs.own(path / name)
    shutil.copy(SCRIPTS / "primary.sh", path)
    shutil.copy(SCRIPTS / "replica.sh", path)
    yield path
    for name in ("replica", "primary"):
        command = [programs.postgres("pg_ctl"), "stop", "-D", str(path / name), "-m", "immediate"]
        programs.run([*command, "-w"], path)
    shutil.rmtree(path)


def make_primary(home, port):
    """What the image does: a database, then the script, then the server."""
    data = home / "primary"
    (home / "password").write_text(PASSWORD)
    initdb = [programs.postgres("initdb"), "-D", str(data), "-U", "rookery", "-A", "scram-sha-256"]
    done = programs.run([*initdb, f"--pwfile={home}/password"], home)
    assert done.returncode == 0, done.stdout
    hba = data / "pg_hba.conf"
    # As in the image: nobody may stream unless the script says so.
    lines = [line for line in hba.read_text().splitlines() if "replication" not in line]
    hba.write_text("\n".join(lines) + "\n")
    done = programs.run([BASH, str(home / "primary.sh")], home, env={"PGDATA": str(data)})
    assert done.returncode == 0, done.stdout
    options = f"-p {port} -c listen_addresses=localhost -c unix_socket_directories="
    command = [programs.postgres("pg_ctl"), "start", "-w", "-D", str(data), "-l", str(data / "log")]
    done = programs.run([*command, "-o", options], home)
    assert done.returncode == 0, done.stdout


def ask(port, query):
    values = {"user": "rookery", "password": PASSWORD, "dbname": "postgres"}
    with psycopg.connect(host="localhost", port=port, autocommit=True, **values) as connection:
        cursor = connection.execute(query)
        return cursor.fetchone() if cursor.description else None


def follows(port):
    try:
        return ask(port, "SELECT pg_is_in_recovery()") == (True,)
    except psycopg.Error:
        return False


def has(port, name):
    return ask(port, f"SELECT count(*) FROM rooks WHERE name = '{name}'") == (1,)


def test_a_replica_copies_its_primary_follows_it_and_is_not_copied_again(home):
    first, second = plans.free_ports(2)
    make_primary(home, first)
    bin_folder = Path(programs.postgres("postgres")).parent
    environ = {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PGDATA": str(home / "replica"),
        "PRIMARY": "localhost",
        "PGPASSWORD": PASSWORD,
        "PGPORT": str(first),
    }
    options = ["-p", str(second), "-c", "unix_socket_directories="]
    command = [BASH, str(home / "replica.sh"), *options, "-c", "listen_addresses=localhost"]
    stop = [programs.postgres("pg_ctl"), "stop", "-w", "-D", str(home / "replica"), "-m", "fast"]
    ask(first, "CREATE TABLE rooks (name text)")

    with ThreadPoolExecutor(1) as thread:
        for name in ("Corvus", "frugilegus"):
            running = thread.submit(programs.run, command, home, env=environ)
            assert processes.wait_for(partial(follows, second), 60)
            ask(first, f"INSERT INTO rooks VALUES ('{name}')")
            assert processes.wait_for(partial(has, second, name), 20)
            (home / "replica/kept").touch()
            programs.run(stop, home)
            running.result(30)

    assert (home / "replica/kept").exists()
    slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'replica_localhost'"
    assert ask(first, slots) == (1,)
