"""Processes that list themselves, and leave."""

import os
import signal
import time
from io import StringIO

import pytest
import redis
from django.core.management import CommandError, call_command

from apps.cluster import processes
from apps.cluster.plan import free_ports
from apps.grid import announcing, units


@pytest.fixture(autouse=True)
def _alone():
    announcing.leave()
    yield
    announcing.leave()


def here():
    return [unit for unit in units.listed() if unit.pid == os.getpid()]


def roles():
    return sorted({unit.role for unit in units.listed() if unit.pid != os.getpid()})


def test_a_unit_is_listed_with_what_it_does_and_leaves_at_once():
    announcer = announcing.announce("web")
    with announcer.working(), announcer.working():
        assert announcer.unit().in_flight == 2
    assert processes.wait_for(lambda: [unit.in_flight for unit in here()] == [0], 5)
    [unit] = here()
    assert unit.role == "web"
    assert unit.version
    assert 0 <= unit.cpu < 400

    announcing.leave()

    assert here() == []


def test_a_process_announces_itself_once():
    assert announcing.announce("web") is announcing.announce("web")


def test_a_request_lists_the_process(client):
    client.get("/health/live")

    assert processes.wait_for(here, 5)


def test_the_command_prints_them(settings):
    settings.GRID_VERSION = "7.7"
    announcing.version.cache_clear()
    announcing.announce("web")
    assert processes.wait_for(here, 5)
    out = StringIO()

    call_command("units", stdout=out)

    announcing.version.cache_clear()
    assert f":{os.getpid()}" in out.getvalue()
    assert "7.7" in out.getvalue()


def test_with_the_server_away_the_command_says_what_to_do(monkeypatch):
    [port] = free_ports(1)
    monkeypatch.setattr(units, "server", lambda: redis.Redis(port=port))

    with pytest.raises(CommandError, match="cluster up"):
        call_command("units", stdout=StringIO())


def test_management_commands_start_no_thread():
    import subprocess
    import sys

    code = (
        "import django, threading; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('check')\n"
        "assert threading.active_count() == 1, threading.enumerate()"
    )
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.cluster
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_each_kind_of_process_is_listed_and_gone_within_ten_seconds_of_a_kill(
    start_process, tmp_path
):
    from project.testing import kill

    web, push = free_ports(2)
    quiet = "--log-level warning --no-control-socket"
    commands = [
        f"gunicorn project.wsgi --worker-class gthread --bind 127.0.0.1:{web} {quiet}",
        "gunicorn project.asgi --worker-class uvicorn_worker.UvicornWorker "
        f"--bind 127.0.0.1:{push} {quiet}",
        "celery --quiet -A project worker --concurrency 1 --loglevel WARNING --without-mingle",
        f"celery --quiet -A project beat --loglevel WARNING --schedule {tmp_path}/beat --pidfile=",
    ]
    started = [start_process(*command.split()) for command in commands]

    assert processes.wait_for(lambda: answers(web), 30)
    assert processes.wait_for(lambda: roles() == ["beat", "push", "web", "worker"], 30)

    kill(started[0])
    begun = time.monotonic()
    assert processes.wait_for(lambda: "web" not in roles(), 12)
    assert time.monotonic() - begun < 10

    for process in started[1:]:
        process.send_signal(signal.SIGTERM)
    for process in started[1:]:
        process.wait(20)
    assert roles() == []


def answers(port):
    import urllib.request

    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2).status
    except OSError:
        return None
