"""The site that a drill harms: a cluster of its own, with web, worker and beat as processes."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
from django.conf import settings

from apps.cluster import groups, plan, processes
from apps.cluster.embedded import Cluster
from apps.cluster.plan import Shape
from apps.cluster.postgres import Server
from apps.drills import targets
from apps.drills.errors import DrillError

# Drills harm the first shard; the others are to notice nothing.
HARMED = "shard0"
COMMANDS = {
    "web": "gunicorn --config python:project.serving.web --bind 127.0.0.1:{port}",
    "worker": "celery --quiet -A project worker --concurrency 2 --without-mingle",
    "beat": "celery --quiet -A project beat --schedule {home}/beat/schedule --pidfile=",
}
PATIENCE = 60


class Site:
    """A site under `home`, up between `open` and `close`; `say` tells of what it does."""

    def __init__(self, home: Path, *, is_ha: bool, say: Callable[[str], None]) -> None:
        self.home, self.is_ha, self.say = home, is_ha, say
        self.cluster = Cluster(home, say, {})
        self.port = plan.free_ports(1)[0]
        self.crew: dict[str, subprocess.Popen[bytes]] = {}
        self.notes: list[str] = []

    def found(self) -> None:
        """Bring up the servers."""
        shape = Shape(shards=2, replicas=1, ha=self.is_ha)
        self.cluster.up(None if self.cluster.plan() else shape)

    def open(self) -> None:
        """Bring up schema and processes, on servers that are up."""
        self.manage("migrate_all")
        (self.home / "beat").mkdir(exist_ok=True)
        for name in COMMANDS:
            self.start(name)

    def close(self, *, keep: bool) -> None:
        """Stop the processes; take the cluster and its data away unless they are to be kept."""
        for process in self.crew.values():
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self.crew.values():
            process.wait(PATIENCE)
        if not keep and self.cluster.plan():
            self.cluster.destroy()
            shutil.rmtree(self.home, ignore_errors=True)

    def start(self, name: str, variables: Mapping[str, str] | None = None) -> None:
        """Start web, worker or beat; web is waited for."""
        words = COMMANDS[name].format(port=self.port, home=self.home).split()
        with (self.home / f"{name}.log").open("ab") as log:
            self.crew[name] = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=settings.BASE_DIR,
                env={**self._environ(), **(variables or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if name == "web" and not processes.wait_for(self.answers, PATIENCE):
            raise DrillError(f"The site does not answer. Look at {self.home / 'web.log'}.")

    def replace_web(self) -> None:
        """Have new web workers take the place of the old ones; returns when those have gone."""
        master, *workers = targets.family(psutil.Process(self.crew["web"].pid))
        self.signal(signal.SIGHUP, [master])
        _, left = psutil.wait_procs(workers, PATIENCE)
        if left:
            raise DrillError(f"{len(left)} of {len(workers)} web workers do not leave.")

    def kill(self, name: str) -> None:
        """Kill -9 web, worker or beat, and all that it started."""
        self.signal(signal.SIGKILL, targets.family(psutil.Process(self.crew[name].pid)))
        self.crew[name].wait()

    def manage(self, *command: str) -> str:
        """Run a command of manage.py on this site; returns what it prints."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise DrillError(f"`manage.py {' '.join(command)}` failed: {done.stderr.strip()}")
        return done.stdout

    def shards(self) -> list[str]:
        """Return the names of the shards."""
        found = self.cluster.plan()
        return list(found.topology()["shards"]) if found else []

    def servers(self, group: str = HARMED) -> list[Server]:
        """Return the servers of a shard or of the directory, its primary first.

        Raises ClusterError where Patroni finds none.
        """
        if self.is_ha:
            members = [m for m in self.cluster.members() if m.node.group == group]
            lead = groups.await_leader(members)
            return sorted(members, key=lambda member: member is not lead)
        servers = self.cluster.servers()
        return [s for s in servers if group in (s.node.name, s.node.primary)]

    def primary(self, group: str = HARMED) -> Server:
        """Return the primary of a shard."""
        return self.servers(group)[0]

    def await_whole(self) -> None:
        """Wait until every group has its primary and all replicas again."""
        self.cluster.up()

    def signal(self, number: int, family: list[psutil.Process]) -> None:
        """Send a signal to processes of this site."""
        targets.send(number, family, self.home)

    def answers(self) -> bool:
        """Whether the web process answers."""
        try:
            url = f"http://127.0.0.1:{self.port}/health/live"
            with urllib.request.urlopen(url, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _environ(self) -> dict[str, str]:
        foreign = ("ROOKERY_TOPOLOGY", "ROOKERY_SECRET_KEY")
        kept = {name: value for name, value in os.environ.items() if name not in foreign}
        url = f"http://127.0.0.1:{self.port}"
        return {
            **kept,
            "ROOKERY_HOME": str(self.home),
            "ROOKERY_SITE_URL": url,
            "ROOKERY_LIMITS": "off",
        }
