"""quickstart from the outside: as a process that is interrupted, killed and started again."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.cluster import behind, processes
from apps.cluster import plan as plans
from apps.cluster.embedded import Cluster
from apps.cluster.management.commands.quickstart import MARK

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def taken_port():
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        yield stranger.getsockname()[1]


@pytest.fixture
def quickstart(tmp_path):
    """Start `quickstart` and wait for its URL; gives the process and what it has said."""
    home, started = tmp_path / "home of it", []
    port = next(p for p in plans.free_ports(200) if plans.is_free(p + 1))

    def start():
        log = tmp_path / f"log{len(started)}"
        line = [sys.executable, "manage.py", "quickstart", "--no-demo", "--port", str(port)]
        environ = {**os.environ, "ROOKERY_HOME": str(home)}
        with log.open("w") as out:
            process = subprocess.Popen(
                line, cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True
            )
        started.append(process)
        url = f"Rookery is at http://127.0.0.1:{port}/"
        assert processes.wait_for(lambda: url in log.read_text(), 90), log.read_text()
        return process, log.read_text

    yield home, start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
    for process in processes.marked(MARK, str(home)):
        processes.end(process, "left behind")
    cluster = Cluster(home, print, {})
    if cluster.plan():
        cluster.destroy()


def test_a_killed_quickstart_is_started_again_and_ended_without_a_trace(quickstart):
    home, start = quickstart
    killed, _ = start()
    killed.kill()
    killed.wait()
    assert processes.marked(MARK, str(home))

    again, said = start()
    assert "Ending what was left running" in said()
    again.send_signal(signal.SIGINT)

    assert again.wait(60) == 0
    assert processes.marked(MARK, str(home)) == []
    assert not Cluster(home, print, {}).runs_at_all()


def test_a_cluster_that_ran_before_stays_up_and_who_ended_is_named(quickstart):
    home, start = quickstart
    Cluster(home, print, {"fsync": "off"}).up(plans.Shape(shards=1, replicas=0))
    process, said = start()
    beat, web = (
        next(p for p in processes.marked(MARK, str(home)) if name in p.cmdline())
        for name in ("beat", "gunicorn")
    )
    assert beat.nice() == web.nice() + behind.NICE
    group = Path(f"/proc/{beat.pid}/autogroup")
    told = group.read_text().split() if group.exists() else []
    assert not told or told[-1] == str(behind.NICE)
    # It opens its schedule after it has said what to do on SIGTERM.
    assert processes.wait_for(lambda: any((home / "beat").iterdir()), 30)

    beat.terminate()

    assert process.wait(60) == 1
    assert "beat stopped (rc=0) by itself" in said()
    assert Cluster(home, print, {}).is_up()


def test_a_taken_port_is_named_before_anything_is_started(tmp_path, settings, taken_port):
    settings.HOME = tmp_path

    with pytest.raises(CommandError, match=rf"Port {taken_port} .*--port 8080"):
        call_command("quickstart", port=taken_port)

    assert Cluster(tmp_path, print, {}).plan() is None


def test_a_second_quickstart_is_refused(tmp_path, settings):
    settings.HOME = tmp_path
    claim = tmp_path / "run" / "quickstart.pid"
    claim.parent.mkdir()
    claim.write_text("4321")
    holder = (
        "import fcntl, sys; file = open(sys.argv[1], 'a+'); fcntl.lockf(file, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(claim)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"

        with pytest.raises(CommandError, match="runs already \\(process 4321\\)"):
            call_command("quickstart")
        other.stdin.close()
