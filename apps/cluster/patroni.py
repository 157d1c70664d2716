"""One PostgreSQL server that Patroni runs: a primary or a replica, as its group agrees."""

import json
import urllib.request
from pathlib import Path
from typing import Any

from apps.cluster import etcd, postgres, processes, programs
from apps.cluster.plan import USER, Node, Plan

# Seconds. Patroni takes no shorter lease than 20; a node that is lost costs that much.
LEASE, ROUND, RETRY = 20, 1, 3
# A replica that says nothing holds up every commit that waits for it, for so long.
SILENCE = {"wal_sender_timeout": "3s", "wal_receiver_timeout": "3s"}
BY_PATRONI = {"listen_addresses", "wal_log_hints", "hot_standby"}


class Member(postgres.Server):
    """A node of a group. `extra` are settings of PostgreSQL beside our own."""

    def __init__(self, home: Path, plan: Plan, node: Node, extra: dict[str, str]) -> None:
        super().__init__(home, plan, node, extra)
        self.conf = home / "pg" / f"{node.name}.json"
        self.pid_file = home / "pg" / f"{node.name}.pid"

    @property
    def is_made(self) -> bool:
        """Whether its data folder is there. Patroni itself makes what is missing."""
        return (self.data / "PG_VERSION").exists()

    @property
    def agent(self) -> Any:
        """The process of its Patroni, None where that does not run."""
        return processes.of(self.pid_file, str(self.conf))

    def start(self) -> None:
        """Start its Patroni, which starts PostgreSQL when it knows as what."""
        self.conf.touch(mode=0o600)
        self.conf.write_text(json.dumps(self._configuration(), indent=2))
        programs.own(self.conf)
        command = [*programs.patroni(), str(self.conf)]
        programs.launch(command, self.home, self.log, self.pid_file)

    def stop(self) -> None:
        """Stop its Patroni, which stops PostgreSQL; what was orphaned is stopped by itself."""
        if agent := self.agent:
            processes.end(agent, f"Patroni of {self.node.name}", postgres.START_PATIENCE)
        if self.process is not None:
            super().stop()

    def status(self) -> dict[str, Any]:
        """Return what its Patroni says of it: `role`, `state`, …; nothing where it is away."""
        return self._api("patroni")

    def is_leader(self) -> bool:
        """Whether it is the primary, and holds the lease of its group."""
        seen = self._seen()
        return (seen.get("role"), seen.get("state")) == ("leader", "running")

    def is_streaming(self) -> bool:
        """Whether it follows the primary and streams from it."""
        return self._seen().get("state") == "streaming"

    def role(self) -> str:
        """Return `primary`, `replica`, `sync replica`, or nothing where nobody knows."""
        names = {"leader": "primary", "sync_standby": "sync replica"}
        role = str(self._seen().get("role", ""))
        return names.get(role, role)

    def _seen(self) -> dict[str, Any]:
        members = self._api("cluster").get("members", [])
        return next((m for m in members if m["name"] == self.node.name), {})

    def _api(self, path: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.node.api_port}/{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:  # 503: it is here, and says that it is not well
            with error:
                return dict(json.load(error))
        except (OSError, ValueError):
            return {}

    def _configuration(self) -> dict[str, Any]:
        address = f"127.0.0.1:{self.node.port}"
        api = f"127.0.0.1:{self.node.api_port}"
        secret = {"username": USER, "password": self.plan.password}
        clients = [server.client for server in etcd.servers(self.home, self.plan)]
        return {
            "scope": self.node.group,
            "namespace": "/rookery/",
            "name": self.node.name,
            "restapi": {"listen": api, "connect_address": api, "authentication": secret},
            "etcd3": {"hosts": [client.removeprefix("http://") for client in clients]},
            "log": {"level": "INFO", "deduplicate_heartbeat_logs": True},
            "bootstrap": {"dcs": self._agreed(), "initdb": _initdb()},
            "postgresql": {
                "listen": address,
                "connect_address": address,
                "data_dir": str(self.data),
                "bin_dir": str(Path(programs.postgres("postgres")).parent),
                "pgpass": str(self.data.with_name(f"{self.node.name}.pgpass")),
                "authentication": dict.fromkeys(("superuser", "replication", "rewind"), secret),
                "parameters": self._parameters(),
                "pg_hba": [
                    "host all all 127.0.0.1/32 scram-sha-256",
                    "host replication all 127.0.0.1/32 scram-sha-256",
                ],
                "basebackup": [{"checkpoint": "fast"}, "no-sync"],
                # A former primary that cannot be rewound is a copy that is made anew.
                "remove_data_directory_on_rewind_failure": True,
            },
        }

    def _agreed(self) -> dict[str, Any]:
        """Return what all members hold to; it lies in etcd from the group's beginning."""
        return {
            "ttl": LEASE,
            "loop_wait": ROUND,
            "retry_timeout": RETRY,
            # What was acknowledged is on two servers; with one server left, that one goes on.
            "synchronous_mode": True,
            # A primary that died is replaced, not waited for.
            "primary_start_timeout": 0,
            # Without etcd, a primary whose members all answer it stays one.
            "failsafe_mode": True,
            "postgresql": {
                "use_pg_rewind": True,
                "use_slots": True,
                # Some of them all members must have alike: these count from here alone.
                "parameters": self._parameters(),
            },
        }

    def _parameters(self) -> dict[str, str]:
        ours = {**postgres.SETTINGS, **SILENCE, **self.extra}
        return {name: value for name, value in ours.items() if name not in BY_PATRONI}


def _initdb() -> list[Any]:
    locale: list[Any] = [{"locale": "C.UTF-8"}]
    if programs.postgres_version() >= 17:
        locale = [{"locale-provider": "builtin"}, {"builtin-locale": "C.UTF-8"}, {"locale": "C"}]
    return [{"encoding": "UTF8"}, *locale, {"auth": "scram-sha-256"}, "data-checksums", "no-sync"]


def check() -> None:
    """Raise ClusterError unless etcd and Patroni are installed."""
    programs.etcd()
    programs.patroni()
