"""What the embedded cluster consists of: nodes, ports and the password, kept in one file."""

import json
import os
import random
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.cluster.errors import ClusterError
from apps.cluster.topology import PLAN_FILE

USER = DATABASE = "rookery"
# Below the ports that outgoing connections take by themselves, so that ours stay free.
PORTS = range(20_000, 32_000)


@dataclass(frozen=True)
class Shape:
    """How many servers: shards, replicas of each shard, replicas of the directory."""

    shards: int = 2
    replicas: int = 1
    directory_replicas: int = 1


@dataclass(frozen=True)
class Node:
    """One PostgreSQL server; `primary` names the node it streams from, None for a primary."""

    name: str
    port: int
    primary: str | None = None

    @property
    def slot(self) -> str:
        """The replication slot that its primary keeps for it."""
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class Plan:
    """The nodes, the port of Valkey and the password of them all."""

    nodes: tuple[Node, ...]
    valkey_port: int
    password: str

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    @property
    def primaries(self) -> list[Node]:
        """The nodes that take writes, the directory first."""
        return [node for node in self.nodes if node.primary is None]

    @property
    def replicas(self) -> list[Node]:
        """The nodes that stream from a primary."""
        return [node for node in self.nodes if node.primary is not None]

    def url(self, node: Node) -> str:
        """Return the address of a node's database."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{node.port}/{DATABASE}"

    def topology(self) -> dict[str, Any]:
        """Return the tree that `topology.parse` reads."""
        groups = {
            node.name: {
                "primary": self.url(node),
                "replicas": [self.url(r) for r in self.replicas if r.primary == node.name],
            }
            for node in self.primaries
        }
        directory = groups.pop("directory")
        cache = f"redis://:{self.password}@127.0.0.1:{self.valkey_port}/0"
        return {"directory": directory, "shards": groups, "cache": {"url": cache}}


def load(home: Path) -> Plan | None:
    """Return the plan kept under `home`, None before the first `up`."""
    path = home / PLAN_FILE
    if not path.exists():
        return None
    try:
        tree = json.loads(path.read_text())
        nodes = tuple(Node(**node) for node in tree["nodes"])
        return Plan(nodes, tree["valkey_port"], tree["password"])
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(
            f"{path} cannot be read ({error}). It names the ports and the password of the data "
            f"beside it: restore it from a copy, or start anew with `manage.py cluster destroy`."
        ) from error


def save(home: Path, plan: Plan) -> None:
    """Keep the plan, readable by its owner alone; whole or not at all."""
    tree = {
        "nodes": [vars(node) for node in plan.nodes],
        "valkey_port": plan.valkey_port,
        "password": plan.password,
        "topology": plan.topology(),
    }
    home.mkdir(parents=True, exist_ok=True)
    fresh = home / f"{PLAN_FILE}.new"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(tree, indent=2))
    os.replace(fresh, home / PLAN_FILE)


def new(shape: Shape) -> Plan:
    """Return a plan of this shape on free ports."""
    names: list[tuple[str, str | None]] = [("directory", None)]
    names += [(f"shard{number}", None) for number in range(shape.shards)]
    for primary, _ in tuple(names):
        count = shape.directory_replicas if primary == "directory" else shape.replicas
        names += [(f"{primary}-replica{number}", primary) for number in range(count)]
    ports = free_ports(len(names) + 1)
    nodes = tuple(Node(name, ports.pop(), primary) for name, primary in names)
    return Plan(nodes, ports.pop(), secrets.token_hex(16))


def with_new_ports(plan: Plan) -> Plan:
    """Return the same plan on other free ports."""
    ports = free_ports(len(plan.nodes) + 1)
    nodes = tuple(Node(node.name, ports.pop(), node.primary) for node in plan.nodes)
    return Plan(nodes, ports.pop(), plan.password)


def free_ports(count: int) -> list[int]:
    """Return ports on loopback that nobody listens on."""
    found: list[int] = []
    for port in _shuffled(PORTS):
        if is_free(port):
            found.append(port)
        if len(found) == count:
            return found
    raise ClusterError(f"There are no {count} free ports on 127.0.0.1. Stop what holds them.")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _shuffled(ports: range) -> Iterable[int]:
    return random.sample(ports, len(ports))
