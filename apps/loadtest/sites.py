"""A site of our own to test: quickstart in a folder of its own, with data, gone afterwards."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from apps.cluster import plan as plans
from apps.cluster import processes
from apps.cluster.embedded import Cluster
from apps.loadtest.errors import CannotRun
from apps.loadtest.perf import Meters
from apps.loadtest.usage import cpu_seconds

HOME = Path(settings.BASE_DIR) / ".rookery-load"
# Enough that pages are full, and that not all visitors look at the same ones.
ACCOUNTS, POSTS_EACH, FOLLOWS_EACH = 1000, 20, 20
# The processes of each part by their command line; gunicorn gives its own another one.
PARTS = {
    "web": re.compile(r"project\.(serving\.web|wsgi)"),
    "push": re.compile(r"project\.(serving\.push|asgi)"),
    "worker": re.compile(r"celery.* worker"),
    "beat": re.compile(r"celery.* beat"),
}
PATIENCE = 180
# Counts each query; kept in memory, and cheap.
COUNTING = {"shared_preload_libraries": "pg_stat_statements"}


@dataclass
class Site:
    """A site that runs: its address, how to speak to its servers, and its processes."""

    url: str
    environ: Mapping[str, str]
    cluster: Cluster

    def manage(self, *command: str) -> None:
        """Run a command of manage.py against it."""
        line = [sys.executable, "manage.py", *command]
        done = subprocess.run(
            line, cwd=settings.BASE_DIR, env=self.environ, capture_output=True, text=True
        )
        if done.returncode:
            raise CannotRun(f"`manage.py {' '.join(command)}` failed:\n{done.stderr[-2000:]}")

    def pids(self) -> dict[str, list[int]]:
        """Return the main processes of each part; their children belong to the part too."""
        found: dict[str, list[int]] = {name: [] for name in PARTS}
        for process in processes.marked("ROOKERY_QUICKSTART", str(HOME)):
            line = " ".join(process.cmdline())
            for name, pattern in PARTS.items():
                if pattern.search(line):
                    found[name].append(process.pid)
        servers = [server.process for server in self.cluster.servers()]
        found["postgres"] = [process.pid for process in servers if process]
        valkey = self.cluster.valkey().process
        found["valkey"] = [valkey.pid] if valkey else []
        return found

    def meters(self) -> Meters:
        """Return what reads the CPU time of all its processes, and the number of its queries."""
        pids = self.pids()

        def spent() -> float:
            return sum(sum(part.values()) for part in cpu_seconds(pids).values())

        return Meters(cpu_seconds=spent, queries=self._queries)

    def _queries(self) -> int:
        count = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"
        return sum(int(server.ask(count)[0][0]) for server in self.cluster.servers())

    def count_queries(self) -> None:
        """Have the servers count; replicas get what their primary has."""
        for server in self.cluster.servers():
            if server.node.primary is None:
                server.ask("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")


def data(people: int) -> dict[str, int]:
    """Return how much there is on a site: an account for each of its visitors who is signed in."""
    accounts = max(ACCOUNTS, people)
    return {
        "accounts": accounts,
        "posts": accounts * POSTS_EACH,
        "follows": accounts * FOLLOWS_EACH,
    }


@contextmanager
def own(say: Callable[[str], None], people: int) -> Iterator[Site]:
    """Bring up a site with data for so many who are signed in, and take it away at the end."""
    port = _free_pair()
    cluster = Cluster(HOME, lambda _: None, COUNTING)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ROOKERY_")}
    environ["ROOKERY_HOME"] = str(HOME)
    # A visitor here does what a hundred people would.
    environ["ROOKERY_LIMITS"] = "off"
    environ["ROOKERY_SITE_URL"] = url = f"http://127.0.0.1:{port}"
    site = Site(url, environ, cluster)
    try:
        say("Making its servers")
        cluster.up()
        site.count_queries()
        site.manage("migrate_all")
        say("Making accounts and posts")
        site.manage("seed_demo", *(f"--{name}={count}" for name, count in data(people).items()))
        say("Starting web, push, worker and beat")
        with _quickstart(site, port):
            yield site
    finally:
        if cluster.plan():
            cluster.destroy()


@contextmanager
def _quickstart(site: Site, port: int) -> Iterator[None]:
    line = [sys.executable, "manage.py", "quickstart", "--no-demo", "--port", str(port)]
    log = HOME / "run" / "loadtest.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as said:
        running = subprocess.Popen(
            line, cwd=settings.BASE_DIR, env=site.environ, stdout=said, stderr=subprocess.STDOUT
        )
    try:
        if not processes.wait_for(lambda: _answers(f"{site.url}/health/ready"), PATIENCE, 0.5):
            raise CannotRun(f"The site does not start. Its last lines:\n{log.read_text()[-2000:]}")
        yield
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(PATIENCE)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_pair() -> int:
    """Return a port that is free and whose next one is, too."""
    while True:
        port = plans.free_ports(1)[0]
        if plans.is_free(port + 1):
            return port
