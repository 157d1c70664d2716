"""One PostgreSQL server of the embedded cluster: made, started, stopped, looked at."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from apps.cluster import processes, programs
from apps.cluster.errors import ClusterError
from apps.cluster.plan import DATABASE, USER, Node, Plan

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    # Solid-state disks: else a page of an author's posts is sorted out of all that he wrote.
    "random_page_cost": "1.1",
    "max_wal_size": "512MB",
    "min_wal_size": "64MB",
    "wal_level": "logical",  # buckets move between shards by logical replication
    "max_wal_senders": "20",
    "max_replication_slots": "20",
    "max_worker_processes": "20",
    "max_slot_wal_keep_size": "1GB",  # a dead replica must not fill the primary's disk
    "wal_retrieve_retry_interval": "100ms",  # at 5 s, its default, a promotion takes 5 s
    "hot_standby": "on",
    "jit": "off",  # our queries are short: compiling one takes longer than running it
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
START_PATIENCE = 60


class Server:
    """A node of the plan under `home`. `extra` are settings beside our own."""

    def __init__(self, home: Path, plan: Plan, node: Node, extra: dict[str, str]) -> None:
        self.home, self.plan, self.node, self.extra = home, plan, node, extra
        self.data = home / "pg" / node.name
        self.log = home / "pg" / f"{node.name}.log"
        self.log_size = self._size_of_log()

    @property
    def is_made(self) -> bool:
        """Whether its data folder is there; raises ClusterError for half a one."""
        if not self.data.exists():
            return False
        if not (self.data / "PG_VERSION").exists():
            if self.node.primary is not None:  # a copy: it is made anew
                return False
            raise ClusterError(
                f"{self.data} is no whole data folder: it has no PG_VERSION. If it holds nothing "
                f"you need, move it away and run `manage.py cluster up` again."
            )
        return True

    @property
    def process(self) -> Any:
        """Its running process, None where it does not run."""
        return processes.of(self.data / "postmaster.pid", str(self.data))

    def make(self) -> None:
        """Make its data folder under another name and rename it when it is whole."""
        making = self.data.with_name(f"{self.data.name}.making")
        if making.exists():  # by an `up` that was killed; its child may still be at it
            for process in processes.with_argument(str(making)):
                processes.end(process, "initdb or pg_basebackup")
            processes.wait_for(lambda: _is_gone(making), 10)
        if self.node.primary is None:
            self._initdb(making)
        else:
            shutil.rmtree(self.data, ignore_errors=True)
            self._copy_primary(making)
        with (making / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude = 'rookery.conf'\n")
        os.replace(making, self.data)

    def start(self) -> None:
        """Start it and wait until it answers; raises ClusterError with the end of its log."""
        self._configure()
        self.log_size = self._size_of_log()
        wait = ["-w", "-t", str(START_PATIENCE)]
        command = [programs.postgres("pg_ctl"), "start", "-D", str(self.data), *wait]
        for _ in range(20):
            done = programs.run([*command, "-l", str(self.log), "-s"], self.home)
            # After a kill -9 its orphans may take a connection for a moment, and drop it.
            if done.returncode == 0 and processes.wait_for(self.answers, START_PATIENCE):
                return
            said = self._log_since(self.log_size)
            # After a kill -9 the orphaned children take a moment to let go.
            if "pre-existing shared memory" not in said and "lock file" not in said:
                break
            processes.wait_for(lambda: False, 0.5)
        raise ClusterError(self._why_not(said, done.stdout.decode()))

    def stop(self) -> None:
        """Stop it: open transactions are rolled back, nothing committed is lost."""
        command = [programs.postgres("pg_ctl"), "stop", "-D", str(self.data), "-m", "fast"]
        done = programs.run([*command, "-w", "-t", str(START_PATIENCE), "-s"], self.home)
        if done.returncode and self.process is not None:
            raise ClusterError(f"{self.node.name} does not stop: {done.stdout.decode().strip()}")

    def remove(self) -> None:
        """Remove the data folder of a replica: a copy of what its primary has."""
        if self.node.primary is None:
            raise ClusterError(f"{self.node.name} is a primary: its data is nobody's copy.")
        shutil.rmtree(self.data)

    def answers(self) -> bool:
        """Whether it answers a query."""
        try:
            return self.ask("SELECT 1", "postgres") == [(1,)]
        except psycopg.Error:
            return False

    def ask(self, query: str, database: str = DATABASE) -> list[tuple[Any, ...]]:
        """Return the rows of a query that this server answers."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.node.port,
            user=USER,
            password=self.plan.password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        ) as connection:
            cursor = connection.execute(query)  # type: ignore[call-overload]
            return list(cursor.fetchall()) if cursor.description else []

    def ensure_database(self) -> None:
        """Make the database on a primary that has none yet."""
        if not self.ask(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'", "postgres"):
            self.ask(f"CREATE DATABASE {DATABASE}", "postgres")

    def ensure_slots(self, replicas: Iterable[Node]) -> None:
        """Make the replication slots that this primary keeps for its replicas."""
        have = {
            row[0]: row[1]
            for row in self.ask(
                "SELECT slot_name, coalesce(wal_status, '') FROM pg_replication_slots", "postgres"
            )
        }
        for node in replicas:
            if have.get(node.slot) == "lost":
                self.ask(f"SELECT pg_drop_replication_slot('{node.slot}')", "postgres")
            if have.get(node.slot, "lost") == "lost":
                self.ask(
                    f"SELECT pg_create_physical_replication_slot('{node.slot}', true)", "postgres"
                )

    def role(self) -> str:
        """Return what it is: `primary` or `replica`."""
        return "replica" if self.node.primary else "primary"

    def is_streaming(self) -> bool:
        """Whether this replica follows its primary and has all that it sent."""
        return self._state() == "streaming"

    def is_catching_up(self) -> bool:
        """Whether this replica takes what it missed from its primary."""
        return self._state() == "catchup"

    def is_lost(self) -> bool:
        """Whether its primary has no longer what this replica misses."""
        return "has already been removed" in self._log_since(self.log_size)

    def _state(self) -> str:
        # The replica itself says "streaming" at each try, also of one that fails at once.
        primary = Server(self.home, self.plan, self.plan[str(self.node.primary)], {})
        query = f"SELECT state FROM pg_stat_replication WHERE application_name = '{self.node.slot}'"
        try:
            return " ".join(state for (state,) in primary.ask(query))
        except psycopg.Error:
            return ""

    def size(self) -> int:
        """Bytes of its data folder; files come and go meanwhile."""
        total = 0
        for folder, _, names in os.walk(self.data):
            for name in names:
                with suppress(OSError):
                    total += os.lstat(os.path.join(folder, name)).st_size
        return total

    def since(self) -> datetime | None:
        """When it was started."""
        process = self.process
        return datetime.fromtimestamp(process.create_time(), UTC) if process else None

    def _initdb(self, making: Path) -> None:
        secret = self.home / "pg" / f"{self.node.name}.password"
        secret.touch(mode=0o600)
        secret.write_text(self.plan.password)
        programs.own(secret)
        locale = ["--locale=C.UTF-8"]
        if programs.postgres_version() >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command = [programs.postgres("initdb"), "-D", str(making), "-U", USER, "-E", "UTF8"]
        auth = [f"--pwfile={secret}", "--auth=scram-sha-256", "--data-checksums", "--no-sync"]
        try:
            done = programs.run([*command, *locale, *auth], self.home)
        finally:
            secret.unlink()
        if done.returncode:
            raise ClusterError(self._why_not("", done.stdout.decode()))

    def _copy_primary(self, making: Path) -> None:
        primary = self.plan[str(self.node.primary)]
        command = [programs.postgres("pg_basebackup"), "-D", str(making), "-X", "stream"]
        source = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", USER, "-S", self.node.slot]
        environ = {"PGPASSWORD": self.plan.password}
        fast = ["-c", "fast", "--no-sync"]
        done = programs.run([*command, *source, *fast], self.home, env=environ)
        if done.returncode:
            raise ClusterError(self._why_not("", done.stdout.decode()))
        (making / "standby.signal").touch()
        programs.own(making / "standby.signal")

    def _configure(self) -> None:
        settings = {**SETTINGS, "port": str(self.node.port), **self.extra}
        if self.node.primary is not None:
            primary = self.plan[self.node.primary]
            settings["primary_conninfo"] = (
                f"host=127.0.0.1 port={primary.port} user={USER} "
                f"password={self.plan.password} application_name={self.node.slot}"
            )
            settings["primary_slot_name"] = self.node.slot
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        conf = self.data / "rookery.conf"
        conf.touch(mode=0o600)
        conf.write_text("".join(lines))
        programs.own(conf)

    def _size_of_log(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _log_since(self, size: int) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(size)
            return log.read().decode(errors="replace")

    def _why_not(self, said: str, output: str) -> str:
        lines = "\n".join((said or output).strip().splitlines()[-8:])
        advice = f"Its log is {self.log}."
        if "No space left on device" in lines + output:
            advice = f"The disk is full. Free some space below {self.home}, then run it again."
        return f"{self.node.name} does not start.\n{lines}\n{advice}"


def _is_gone(folder: Path) -> bool:
    # initdb that is told to end removes the same folder at the same time.
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()
