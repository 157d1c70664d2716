"""`manage.py quickstart`: the whole site from nothing, in one terminal."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from honcho.manager import Manager
from rich.console import Console

from apps.cluster import processes
from apps.cluster.embedded import Cluster
from apps.cluster.errors import ClusterError

THREADS = 8
# Every process that quickstart starts carries this variable, with the folder of its data.
MARK = "ROOKERY_QUICKSTART"
# A keep-alive longer than the pauses of a reader, and a backlog for a burst of them.
WEB = (
    "gunicorn project.wsgi --worker-class gthread --workers 2 --threads {threads} "
    "--bind 127.0.0.1:{port} --keep-alive 30 --backlog 2048 --worker-connections 4000 "
    "--graceful-timeout 20 --log-level warning --no-control-socket"
)
PUSH = (
    "gunicorn project.asgi --worker-class uvicorn_worker.UvicornWorker --workers 1 "
    "--bind 127.0.0.1:{push_port} --graceful-timeout 20 --log-level warning --no-control-socket"
)
WORKER = "celery --quiet -A project worker --concurrency 2 --loglevel WARNING --without-mingle"
BEAT = (
    "celery --quiet -A project beat --loglevel WARNING --schedule {home}/beat/schedule --pidfile="
)


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
        port = options["port"]
        self.home = Path(settings.HOME)
        self._claim()
        for wanted in (port, port + 1):
            _check_port(wanted)
        ours = self._servers_up()
        try:
            self._prepare(options["no_demo"])
            code = self._serve(port)
        finally:
            if ours:
                Cluster(self.home, self.console.print, {}).down()
        if code:
            raise CommandError("One of the processes ended by itself; its last lines are above.")

    def _servers_up(self) -> bool:
        """Bring the embedded cluster up; tells whether it was down before."""
        if os.environ.get("ROOKERY_TOPOLOGY"):
            return False
        cluster = Cluster(self.home, self.console.print, {})
        try:
            was_up = cluster.is_up()
            cluster.up()
        except ClusterError as error:
            raise CommandError(str(error)) from error
        return not was_up

    def _prepare(self, no_demo: bool) -> None:
        self._manage("migrate_all")
        self._manage("create_admin", "--if-none")
        if not no_demo:
            self._manage("seed_demo", "--if-empty")

    def _manage(self, *command: str) -> None:
        # A process of its own: this one read its settings before there were any servers.
        done = subprocess.run([sys.executable, "manage.py", *command], cwd=settings.BASE_DIR)
        if done.returncode:
            raise CommandError(f"`manage.py {command[0]}` failed; what it says is above.")

    def _serve(self, port: int) -> int:
        manager = Manager()
        environ = {
            "ROOKERY_SITE_URL": f"http://127.0.0.1:{port}",
            "ROOKERY_PUSH_URL": f"ws://127.0.0.1:{port + 1}",
            **os.environ,
            MARK: str(self.home),
        }
        values = {"port": port, "push_port": port + 1, "threads": THREADS, "home": self.home}
        (self.home / "beat").mkdir(exist_ok=True)
        for name, command in {"web": WEB, "push": PUSH, "worker": WORKER, "beat": BEAT}.items():
            # Celery warns of root: a server at home is often run by it.
            python = f'exec {sys.executable} -W "ignore:You\'re running the worker"'
            line = f"{python} -m {command.format(**values)}"
            pooled = {"ROOKERY_DB_POOL": "1"} if name == "push" else {}
            manager.add_process(name, line, cwd=str(settings.BASE_DIR), env={**environ, **pooled})
        Thread(target=self._announce, args=(port, manager), daemon=True).start()
        manager.loop()
        code: int = manager.returncode or 0
        return 0 if code in (130, 143) else code

    def _announce(self, port: int, manager: Manager) -> None:
        url = f"http://127.0.0.1:{port}/"

        def answers() -> bool:
            try:
                with urllib.request.urlopen(f"{url}health/live", timeout=2) as answer:  # noqa: S310
                    return bool(answer.status == 200)
            except OSError:
                return False

        if processes.wait_for(answers, 60):
            self.console.print(f"\n[bold]Rookery is at {url}[/bold]   (Ctrl-C stops it)\n")

    def _claim(self) -> None:
        """Refuse a second quickstart; end what a killed one left running."""
        pid_file = self.home / "run" / "quickstart.pid"
        if other := processes.of(pid_file, "quickstart"):
            raise CommandError(
                f"quickstart runs already (process {other.pid}). Stop it with Ctrl-C."
            )
        for process in processes.marked(MARK, str(self.home)):
            self.console.print(f"Ending what was left running: process {process.pid}")
            processes.end(process, "a process of the last quickstart")
        pid_file.parent.mkdir(parents=True, exist_ok=True)
        pid_file.write_text(str(os.getpid()))


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
