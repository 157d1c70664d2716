"""The Valkey server of the embedded cluster: cache, broker and channel layer.

Nothing is kept on disk: it holds nothing that PostgreSQL cannot rebuild.
"""

from pathlib import Path
from typing import Any

import redis

from apps.cluster import processes, programs
from apps.cluster.errors import ClusterError
from apps.cluster.plan import Plan

# Cached values have an end and may be evicted; the broker's lists have none and stay.
CONF = """
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
pidfile "{folder}/valkey.pid"
logfile "{folder}/valkey.log"
save ""
appendonly no
maxmemory 256mb
maxmemory-policy volatile-lru
daemonize yes
"""


class Server:
    """The Valkey of the plan under `home`."""

    def __init__(self, home: Path, plan: Plan) -> None:
        self.home, self.plan = home, plan
        self.folder = home / "valkey"
        self.log = self.folder / "valkey.log"

    @property
    def process(self) -> Any:
        """Its running process, None where it does not run."""
        return processes.of(self.folder / "valkey.pid", f":{self.plan.valkey_port}")

    def start(self) -> None:
        """Start it and wait until it answers; raises ClusterError."""
        self.folder.mkdir(exist_ok=True)
        programs.own(self.folder)
        conf = self.folder / "valkey.conf"
        conf.touch(mode=0o600)
        values = {"port": self.plan.valkey_port, "password": self.plan.password}
        conf.write_text(CONF.format(folder=self.folder, **values))
        programs.own(conf)
        done = programs.run([programs.valkey(), str(conf)], self.home)
        if done.returncode or not processes.wait_for(self.answers, 20):
            said = done.stdout.decode(errors="replace").strip()
            raise ClusterError(f"Valkey does not start. {said}\nIts log is {self.log}.")

    def stop(self) -> None:
        """Stop it."""
        if process := self.process:
            processes.end(process, "valkey")

    def answers(self) -> bool:
        """Whether it answers a ping."""
        options = {"password": self.plan.password, "socket_timeout": 1}
        try:
            with redis.Redis(port=self.plan.valkey_port, **options) as client:  # type: ignore[arg-type]
                return bool(client.ping())
        except redis.RedisError:
            return False
