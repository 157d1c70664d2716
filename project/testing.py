"""What tests share: databases, accounts, and events that are delivered when a test says so.

Fast tests run in transactions on the primaries, which stand in for their replicas. Tests marked
`cluster` use the replicas, and real commits.
"""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60
_numbers = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hash passwords fast: how slow Argon2 is, is not under test. Tests say what is on."""
    from django.conf import settings

    from apps.sharding.conf import conf as sharding_conf
    from project import cleaning

    cleaning.take_over()
    settings.SHARDING_MAP_SECONDS = 0
    sharding_conf.cache_clear()
    settings.PLUGINS_HINTS = ""
    settings.OPS_SAMPLES = False
    settings.THROTTLING_LIMITS = (False, {})
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Before the test databases go: end the sessions of processes and threads that were killed."""
    from django.db import connections

    if nextitem is not None:
        return
    from apps.replication import watchers

    watchers.end()
    mine = [one.connection.info.backend_pid for one in connections.all() if one.connection]
    for connection in connections.all(initialized_only=True):
        # Dropping what a whole run has written keeps a server busy for a while.
        connection.settings_dict["OPTIONS"]["connect_timeout"] = PATIENCE
        _end_others({**connection.settings_dict}, mine)


def _end_others(settings: dict[str, Any], mine: list[int]) -> None:
    import psycopg

    if not str(settings["NAME"]).startswith("test_"):
        return
    names = ("host", "port", "user", "password")
    values = {name: settings[name.upper()] for name in names}
    with psycopg.connect(**values, dbname="postgres", autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND NOT pid = ANY(%s)",
            [settings["NAME"], mine],
        )


@pytest.fixture(autouse=True)
def _mirrored_replicas(request: pytest.FixtureRequest, settings: Any) -> None:
    """Let primaries stand in for their replicas, except where replicas are under test."""
    if not request.node.get_closest_marker("cluster"):
        settings.REPLICATION_GROUPS = dict.fromkeys(settings.REPLICATION_GROUPS, ())


@pytest.fixture(autouse=True)
def _plugins_as_installed() -> Iterator[None]:
    """Have every test begin with the bundled plugins on, and leave no connection of their calls."""
    from apps.plugins import faults, strikes, switches, threads
    from apps.plugins.discovery import loaded

    # Whoever has imported a process' entry has faults written later, and by a thread.
    faults._queue = None
    switches._here.clear()
    switches.assume({})
    yield
    threads.retire()
    for name in loaded():
        strikes.forget(name)


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test ask servers elsewhere: no name means anything."""
    from apps.outgoing import client

    monkeypatch.setattr(client, "RULES", replace(client.RULES, resolve=lambda *_: []))


@pytest.fixture
def make_account() -> Callable[..., Any]:
    """Return a function that signs an account up, on a shard if one is named."""
    from unittest.mock import patch

    from apps.accounts import services
    from apps.sharding import directory, ids

    def make(username: str | None = None, *, shard: str | None = None, **options: Any) -> Any:
        username = username or f"account{next(_numbers)}"
        buckets = [n for n in range(ids.BUCKETS) if shard in (None, directory.shard_of(n))]
        email = f"{username}@example.org"
        with patch("apps.accounts.services.random.randrange", lambda _: random.choice(buckets)):
            return services.sign_up(
                username=username, email=email, password="a good long password", **options
            )

    return make


@pytest.fixture
def deliver() -> Callable[[], int]:
    """Return a function that delivers all events, and those that they cause; returns how many."""
    from apps.events import dispatch
    from apps.sharding.conf import conf
    from apps.timelines import arrivals

    def run() -> int:
        count = 0
        while moved := sum(dispatch.drain(shard) for shard in conf().shards):
            count += moved
        for shard in conf().shards:
            arrivals.confirm(shard)
            dispatch.drain(shard)
        return count

    return run


@pytest.fixture
def held(settings: Any) -> Iterator[Callable[..., None]]:
    """Limits are held, with nothing counted so far; returns a function that sets their paces."""
    settings.THROTTLING_LIMITS = (True, {})

    from apps.throttling import counters, limits

    def forget() -> None:
        limits._here._full_at.clear()
        limits._breaker.succeed()
        if found := list(counters.server().scan_iter("limit:*")):
            counters.server().delete(*found)

    def paces(**given: Any) -> None:
        named = {name.replace("_", "-"): pace for name, pace in given.items()}
        settings.THROTTLING_LIMITS = (True, named)

    counters.server.cache_clear()
    forget()
    yield paces
    forget()


@pytest.fixture
def topology() -> str:
    """The topology of the test databases, for processes of their own."""
    from django.db import connections

    def url(alias: str) -> str:
        values = connections[alias].settings_dict
        host = f"{values['HOST']}:{values['PORT']}"
        return f"postgresql://{values['USER']}:{values['PASSWORD']}@{host}/{values['NAME']}"

    from django.conf import settings

    from apps.sharding.conf import conf

    topology = settings.TOPOLOGY
    replicas = {
        alias: [url(name) for name in settings.DATABASES if name.startswith(f"{alias}_replica")]
        for alias in conf().primaries
    }
    groups = {alias: {"primary": url(alias), "replicas": replicas[alias]} for alias in replicas}
    directory = groups.pop("default")
    tree = {"directory": directory, "shards": groups, "cache": {"url": topology.cache}}
    return json.dumps(tree)


@pytest.fixture
def start_process(topology: str, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that starts `python -m …` against the test databases."""
    from django.conf import settings

    started: list[subprocess.Popen[bytes]] = []
    environ = {
        **os.environ,
        "ROOKERY_TOPOLOGY": topology,
        "ROOKERY_SECRET_KEY": settings.SECRET_KEY,
        "ROOKERY_HOME": str(settings.HOME),
        "ROOKERY_LIMITS": "off",
        "ROOKERY_MAIL_URL": f"file://{tmp_path / 'mail'}",
    }

    def start(*command: str, **variables: str) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"process{len(started)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env={**environ, **variables},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
    for process in started:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """kill -9 a process and those that it started, by their ids."""
    import psutil

    family = psutil.Process(process.pid).children(recursive=True)
    for member in (process, *family):
        with suppress(ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def count_queries() -> Callable[..., Any]:
    """Return a context manager that lists the statements sent to any database."""
    from django.db import connections

    @contextmanager
    def counting() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(execute: Any, sql: str, *rest: Any) -> Any:
            statements.append(sql)
            return execute(sql, *rest)

        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(note))
            yield statements

    return counting


@contextmanager
def stopped(*mains: Any) -> Iterator[None]:
    """Stop processes with all their children; let them go on at the end, whatever happens."""
    family = list(mains)
    try:
        for main in mains:
            # First of all: from here on it starts no other.
            _signal([main], signal.SIGSTOP)
            family += psutil.Process(main.pid).children(recursive=True)
        _signal(family, signal.SIGSTOP)
        yield
    finally:
        _signal(family, signal.SIGCONT)


def _signal(family: list[Any], number: int) -> None:
    for member in family:
        # A connection that has ended meanwhile has no process.
        with suppress(ProcessLookupError):
            os.kill(member.pid, number)
