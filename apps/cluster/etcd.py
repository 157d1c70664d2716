"""The etcd servers of the embedded cluster: where Patroni keeps, by consensus, who is primary."""

import urllib.request
from pathlib import Path
from typing import Any

from apps.cluster import processes, programs
from apps.cluster.errors import ClusterError
from apps.cluster.plan import Plan

PATIENCE = 30
# A laptop's disk may take its time; a change of etcd's own leader must not be one of a primary's.
TIMES = ["--heartbeat-interval", "300", "--election-timeout", "3000"]
KEEPING = ["--auto-compaction-retention", "1", "--snapshot-count", "10000"]


class Server:
    """One etcd of the plan under `home`, the `number`th."""

    def __init__(self, home: Path, plan: Plan, number: int) -> None:
        self.home, self.plan, self.number = home, plan, number
        self.name = f"etcd{number}"
        self.folder = home / "etcd"
        self.data = self.folder / self.name
        self.log = self.folder / f"{self.name}.log"
        self.client, self.peer = (_url(port) for port in plan.etcd_ports[number])

    @property
    def process(self) -> Any:
        """Its running process, None where it does not run."""
        return processes.of(self.folder / f"{self.name}.pid", str(self.data))

    def start(self) -> None:
        """Start it; it answers when most of them run."""
        self.folder.mkdir(exist_ok=True)
        programs.own(self.folder)
        programs.launch(self._command(), self.home, self.log, self.folder / f"{self.name}.pid")

    def stop(self) -> None:
        """Stop it."""
        if process := self.process:
            processes.end(process, self.name)

    def answers(self) -> bool:
        """Whether it answers, and most of them agree on a leader."""
        try:
            with urllib.request.urlopen(f"{self.client}/health", timeout=2) as answer:  # noqa: S310
                return b'"true"' in answer.read()
        except OSError:
            return False

    def _command(self) -> list[str]:
        everyone = enumerate(peer for _, peer in self.plan.etcd_ports)
        cluster = ",".join(f"etcd{number}={_url(port)}" for number, port in everyone)
        return [
            programs.etcd(),
            *("--name", self.name, "--data-dir", str(self.data)),
            *("--listen-client-urls", self.client, "--advertise-client-urls", self.client),
            *("--listen-peer-urls", self.peer, "--initial-advertise-peer-urls", self.peer),
            *("--initial-cluster", cluster, "--initial-cluster-token", f"rookery-{self.home}"),
            *TIMES,
            *KEEPING,
        ]


def servers(home: Path, plan: Plan) -> list[Server]:
    """Return all etcd servers of the plan, none where it is no HA one."""
    return [Server(home, plan, number) for number in range(len(plan.etcd_ports))]


def start(home: Path, plan: Plan) -> None:
    """Start what does not run and wait until all answer; raises ClusterError."""
    everyone = servers(home, plan)
    for server in everyone:
        if server.process is None:
            server.start()
    for server in everyone:
        if not processes.wait_for(server.answers, PATIENCE):
            raise ClusterError(f"{server.name} does not answer. Its log is {server.log}.")


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
