"""`manage.py quickstart`: the whole site from nothing, in one terminal."""

import fcntl
import os
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.cluster import processes
from apps.cluster.embedded import Cluster
from apps.cluster.errors import ClusterError
from apps.cluster.foreman import Foreman

# Every process that quickstart starts carries this variable, with the folder of its data.
MARK = "ROOKERY_QUICKSTART"
WEB = "gunicorn --config python:project.serving.web --bind 127.0.0.1:{port}"
PUSH = "gunicorn --config python:project.serving.push --bind 127.0.0.1:{push_port}"
WORKER = "celery --quiet -A project worker --concurrency 2 --loglevel WARNING --without-mingle"
BEAT = "celery --quiet -A project beat --loglevel WARNING --schedule {schedule} --pidfile="
# Where all share a few cores, somebody waits for a page, and nobody for what comes after a post.
BEHIND = ("worker", "beat")


class Command(BaseCommand):
    help = (
        "Start everything: servers, schema, an admin, demo posts, then the site. Ctrl-C stops it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the site (default 8000)")
        parser.add_argument("--no-demo", action="store_true", help="start with an empty site")

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring everything up, run until Ctrl-C, take everything down."""
        self.console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        self.home, self.port = Path(settings.HOME), options["port"]
        self.environ = {
            "ROOKERY_SITE_URL": f"http://127.0.0.1:{self.port}",
            "ROOKERY_PUSH_URL": f"ws://127.0.0.1:{self.port + 1}",
            **os.environ,
            MARK: str(self.home),
        }
        folder = self.home / "run"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "quickstart.pid").open("a+") as self.claim:
            try:
                self._claim()
                ended = self._run(options["no_demo"])
            except ClusterError as error:
                raise CommandError(str(error)) from error
        if ended:
            raise CommandError(f"{ended} by itself, so all was stopped. Its last lines are above.")

    def _run(self, no_demo: bool) -> str:
        """Run the site; return which process ended by itself, or nothing."""
        for wanted in (self.port, self.port + 1):
            _check_port(wanted)
        cluster = Cluster(self.home, self.console.print, {})
        embedded = not os.environ.get("ROOKERY_TOPOLOGY")
        ours = embedded and (self.left_behind or not cluster.runs_at_all())
        self._note("took the cluster up" if ours else "")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if embedded:
                cluster.up()
            self._prepare(no_demo)
            return self._serve()
        except KeyboardInterrupt:
            return ""
        finally:
            # A second Ctrl-C must not leave half of the servers running.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            if ours and cluster.plan():
                cluster.down()
            self._note("")

    def _prepare(self, no_demo: bool) -> None:
        self._manage("migrate_all")
        self._manage("create_admin", "--if-none")
        if not no_demo:
            self._manage("seed_demo", "--if-empty")

    def _manage(self, *command: str) -> None:
        # A process of its own: this one read its settings before there were any servers.
        line = [sys.executable, "manage.py", *command]
        process = subprocess.Popen(
            line, cwd=settings.BASE_DIR, env=self.environ, start_new_session=True
        )
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        if code:
            raise CommandError(f"`manage.py {command[0]}` failed; what it says is above.")

    def _serve(self) -> str:
        foreman = Foreman(self._announce)
        (self.home / "beat").mkdir(exist_ok=True)
        schedule = shlex.quote(str(self.home / "beat" / "schedule"))
        values = {"port": self.port, "push_port": self.port + 1, "schedule": schedule}
        # Celery warns of root: a server at home is often run by it.
        quiet = shlex.quote("ignore:You're running the worker")
        python = f"{shlex.quote(sys.executable)} -W {quiet} -m"
        behind = f"{shlex.quote(sys.executable)} -m apps.cluster.behind"
        for name, command in {"web": WEB, "push": PUSH, "worker": WORKER, "beat": BEAT}.items():
            line = f"{python} {command.format(**values)}"
            line = f"{behind} {line}" if name in BEHIND else line
            pooled = {"ROOKERY_DB_POOL": "1"} if name == "push" else {}
            foreman.add(name, line, cwd=settings.BASE_DIR, environ={**self.environ, **pooled})
        return foreman.run()

    def _announce(self) -> None:
        url = f"http://127.0.0.1:{self.port}/"

        def answers() -> bool:
            try:
                with urllib.request.urlopen(f"{url}health/live", timeout=2) as answer:  # noqa: S310
                    return bool(answer.status == 200)
            except OSError:
                return False

        if processes.wait_for(answers, 60):
            self.console.print(f"\n[bold]Rookery is at {url}[/bold]   (Ctrl-C stops it)\n")
        else:
            self.console.print(f"\n{url} does not answer after 60 s; see the lines above.\n")

    def _claim(self) -> None:
        """Refuse a second quickstart; end what a killed one left running."""
        self.claim.seek(0)
        pid, _, self.left_behind = self.claim.read().strip().partition(" ")
        try:
            # Not flock: what is forked must not go on holding it after a kill -9.
            fcntl.lockf(self.claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                f"quickstart runs already (process {pid}). Stop it with Ctrl-C."
            ) from None
        self._note(self.left_behind)
        for process in processes.marked(MARK, str(self.home)):
            self.console.print(f"Ending what was left running: process {process.pid}")
            processes.end(process, "a process of the last quickstart")

    def _note(self, about: str) -> None:
        self.claim.truncate(0)
        self.claim.write(f"{os.getpid()} {about}".rstrip())
        self.claim.flush()


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} of 127.0.0.1 cannot be used: {error}. Stop what holds it, or choose "
                f"another one: `manage.py quickstart --port 8080`."
            ) from error
