"""`manage.py cluster up|down|status|destroy`: the embedded servers."""

import os
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apps.cluster import reach, topology
from apps.cluster.embedded import Cluster
from apps.cluster.errors import ClusterError
from apps.cluster.plan import Shape
from apps.cluster.postgres import Server

LAG = """
SELECT greatest(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0),
       CASE WHEN pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END
"""


class Command(BaseCommand):
    help = "The embedded cluster: PostgreSQL with replicas and shards, and Valkey, on loopback."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        up = verbs.add_parser("up", help="make what is missing, start what does not run")
        up.add_argument("--shards", type=int, help="how many, when first made (default 2)")
        up.add_argument("--replicas", type=int, help="of each shard, when first made (default 1)")
        up.add_argument(
            "--ha", action="store_true", help="when first made: Patroni replaces lost primaries"
        )
        up.add_argument("--new-ports", action="store_true", help="give every server another port")
        grow = verbs.add_parser("grow", help="add empty shards to a cluster that runs")
        grow.add_argument("--shards", type=int, required=True, help="how many there are then")
        verbs.add_parser("down", help="stop all servers; the data stays")
        verbs.add_parser("status", help="what runs where, and how far replicas are behind")
        destroy = verbs.add_parser("destroy", help="stop all servers and remove all data")
        destroy.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one verb."""
        # Into a file or a pipe the table is as wide as it needs to be.
        width = None if self.stdout.isatty() else 120
        self.console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        if os.environ.get("ROOKERY_TOPOLOGY"):
            if options["verb"] == "status":
                self._reach()
                return
            raise CommandError(
                "ROOKERY_TOPOLOGY is set: those servers are not ours to start or stop. "
                "Unset it to use the embedded cluster."
            )
        self.cluster = Cluster(settings.HOME, self.console.print, {})
        try:
            getattr(self, f"_{options['verb']}")(options)
        except ClusterError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped half-way; running it again goes on from there.", returncode=130
            ) from None

    def _up(self, options: dict[str, Any]) -> None:
        for name in ("shards", "replicas"):
            least = 1 if name == "shards" else 0
            if options[name] is not None and not least <= options[name] <= 16:
                raise CommandError(f"--{name} is a number from {least} to 16.")
        names = ("shards", "replicas")
        given = {name: options[name] for name in names if options[name] is not None}
        if options["ha"]:
            given["ha"] = True
            if options["replicas"] == 0:
                raise CommandError("--ha needs a replica that can take over: --replicas 1 or more.")
        if given and self.cluster.plan() is not None:
            raise CommandError(
                "The cluster is made already; its shape stays. See `cluster status`; "
                "`cluster grow --shards N` adds shards."
            )
        self.cluster.up(Shape(**given), new_ports=options["new_ports"])
        self.console.print("The cluster is up.")

    def _grow(self, options: dict[str, Any]) -> None:
        if not 1 <= options["shards"] <= 16:
            raise CommandError("--shards is a number from 1 to 16.")
        self.cluster.grow(options["shards"])
        self.console.print(
            "The servers run. Next: `manage.py shards add`, restart the site's processes, "
            "then `manage.py shards rebalance`."
        )

    def _down(self, options: dict[str, Any]) -> None:
        self.cluster.down()

    def _destroy(self, options: dict[str, Any]) -> None:
        if not options["yes"]:
            answer = input(f"Remove all data under {self.cluster.home}? Type yes: ")
            if answer.strip() != "yes":
                raise CommandError("Nothing was removed.")
        self.cluster.destroy()
        self.console.print("The cluster and its data are gone.")

    def _status(self, options: dict[str, Any]) -> None:
        table = Table(box=box.SIMPLE)
        for name in ("server", "role", "state", "pid", "port", "size", "behind", "since"):
            table.add_column(name, no_wrap=True)
        servers = self.cluster.servers()
        for server in servers:
            table.add_row(*_row(server))
        valkey = self.cluster.valkey()
        table.add_row(*_plain("valkey", "cache", valkey.process, valkey.plan.valkey_port))
        for etcd in self.cluster.etcd():
            port = etcd.plan.etcd_ports[etcd.number][0]
            table.add_row(*_plain(etcd.name, "consensus", etcd.process, port))
        self.console.print(table)
        if not self.cluster.is_up():
            raise CommandError("Not all servers run. `manage.py cluster up` starts them.")

    def _reach(self) -> None:
        """Show whether the servers that ROOKERY_TOPOLOGY names answer."""
        table = Table("server", "role", "address", "state", box=box.SIMPLE)
        answers = reach.ask(topology.load(os.environ, settings.HOME))
        for answer in answers:
            state = f"[red]{escape(answer.fault)}[/red]" if answer.fault else "up"
            table.add_row(answer.name, answer.role, answer.address, state)
        self.console.print(table)
        if any(answer.fault for answer in answers):
            raise CommandError("Not all servers answer as ROOKERY_TOPOLOGY says.")


def _plain(name: str, role: str, process: Any, port: int) -> list[str]:
    pid, state = (str(process.pid), "up") if process else ("", "[red]down[/red]")
    return [name, role, state, pid, str(port), "", "", ""]


def _row(server: Server) -> list[str]:
    role = server.role()
    process, since, port = server.process, server.since(), str(server.node.port)
    size = f"{server.size() >> 20} MB"
    if process is None or since is None:
        return [server.node.name, role, "[red]down[/red]", "", port, size, "", ""]
    state, behind = _state(server)
    started = since.strftime("%m-%d %H:%M")
    return [server.node.name, role, state, str(process.pid), port, size, behind, started]


def _state(server: Server) -> tuple[str, str]:
    try:
        if not server.ask("SELECT pg_is_in_recovery()")[0][0]:
            return "up", ""
        state = "streaming" if server.is_streaming() else "[red]not streaming[/red]"
        size, seconds = server.ask(LAG)[0]
    except psycopg.Error as error:
        return f"[red]{escape(str(error).splitlines()[0])}[/red]", ""
    return state, f"{size or 0} bytes, {seconds or 0:.1f} s"
