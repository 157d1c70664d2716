"""What the embedded cluster consists of: nodes, ports and the password, kept in one file."""

import json
import os
import random
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from apps.cluster.errors import ClusterError
from apps.cluster.topology import PLAN_FILE

USER = DATABASE = "rookery"
# Below the ports that outgoing connections take by themselves, so that ours stay free.
PORTS = range(20_000, 32_000)
# The least number that goes on deciding when one of them is gone.
ETCD_SERVERS = 3


@dataclass(frozen=True)
class Shape:
    """How many servers: shards, replicas of each shard, replicas of the directory.

    With `ha` Patroni decides by consensus which server of each group is its primary.
    """

    shards: int = 2
    replicas: int = 1
    directory_replicas: int = 1
    ha: bool = False


@dataclass(frozen=True)
class Node:
    """One PostgreSQL server; `primary` names the node it streams from, None for a primary.

    A node of a `group` is primary or replica as Patroni says, whose API has the port `api_port`.
    """

    name: str
    port: int
    primary: str | None = None
    group: str = ""
    api_port: int = 0

    @property
    def slot(self) -> str:
        """The replication slot that its primary keeps for it."""
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class Plan:
    """The nodes, the port of Valkey and the password of them all.

    `etcd_ports` are, for each server of etcd, that of its clients and that of its peers.
    """

    nodes: tuple[Node, ...]
    valkey_port: int
    password: str
    etcd_ports: tuple[tuple[int, int], ...] = ()

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    @property
    def is_ha(self) -> bool:
        """Whether Patroni decides who is primary."""
        return bool(self.etcd_ports)

    @property
    def groups(self) -> dict[str, list[Node]]:
        """The nodes of each group that Patroni leads, by its name."""
        names = dict.fromkeys(node.group for node in self.nodes if node.group)
        return {name: [node for node in self.nodes if node.group == name] for name in names}

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
        groups = self._led() if self.is_ha else self._fixed()
        directory = groups.pop("directory")
        cache = f"redis://:{self.password}@127.0.0.1:{self.valkey_port}/0"
        return {"directory": directory, "shards": groups, "cache": {"url": cache}}

    def _fixed(self) -> dict[str, Any]:
        return {
            node.name: {
                "primary": self.url(node),
                "replicas": [self.url(r) for r in self.replicas if r.primary == node.name],
            }
            for node in self.primaries
        }

    def _led(self) -> dict[str, Any]:
        """Have libpq find the primary among all nodes of a group; each is a replica in its time.

        One address for each replica: so a replica that hangs is left out alone.
        """
        made = {}
        for name, nodes in self.groups.items():
            hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
            urls = [f"{self.url(node)}?target_session_attrs=standby" for node in nodes]
            primary = f"postgresql://{USER}:{self.password}@{hosts}/{DATABASE}"
            made[name] = {
                "primary": f"{primary}?target_session_attrs=read-write",
                "replicas": urls,
            }
        return made


def load(home: Path) -> Plan | None:
    """Return the plan kept under `home`, None before the first `up`."""
    path = home / PLAN_FILE
    if not path.exists():
        return None
    try:
        tree = json.loads(path.read_text())
        nodes = tuple(Node(**node) for node in tree["nodes"])
        etcd = tuple((client, peer) for client, peer in tree.get("etcd_ports", ()))
        return Plan(nodes, tree["valkey_port"], tree["password"], etcd)
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
        "etcd_ports": plan.etcd_ports,
        "topology": plan.topology(),
    }
    home.mkdir(parents=True, exist_ok=True)
    fresh = home / f"{PLAN_FILE}.new"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(tree, indent=2))
    os.replace(fresh, home / PLAN_FILE)


def new(shape: Shape) -> Plan:
    """Return a plan of this shape on free ports."""
    return _led(shape) if shape.ha else _fixed(shape)


def _led(shape: Shape) -> Plan:
    sizes = {"directory": 1 + shape.directory_replicas}
    sizes |= {f"shard{number}": 1 + shape.replicas for number in range(shape.shards)}
    names = [(group, number) for group, size in sizes.items() for number in range(size)]
    ports = free_ports(2 * len(names) + 2 * ETCD_SERVERS + 1)
    nodes = tuple(
        Node(f"{group}-node{number}", ports.pop(), group=group, api_port=ports.pop())
        for group, number in names
    )
    etcd = tuple((ports.pop(), ports.pop()) for _ in range(ETCD_SERVERS))
    return Plan(nodes, ports.pop(), secrets.token_hex(16), etcd)


def _fixed(shape: Shape) -> Plan:
    names: list[tuple[str, str | None]] = [("directory", None)]
    names += [(f"shard{number}", None) for number in range(shape.shards)]
    for primary, _ in tuple(names):
        count = shape.directory_replicas if primary == "directory" else shape.replicas
        names += [(f"{primary}-replica{number}", primary) for number in range(count)]
    ports = free_ports(len(names) + 1)
    nodes = tuple(Node(name, ports.pop(), primary) for name, primary in names)
    return Plan(nodes, ports.pop(), secrets.token_hex(16))


def grown(plan: Plan, shards: int) -> Plan:
    """Return the plan with as many shards, each new one like the first; the others as they are.

    Raises ClusterError where there would be fewer than now.
    """
    names = list(plan.topology()["shards"])
    if shards < len(names):
        raise ClusterError(
            f"The cluster has {len(names)} shards. Empty one by `manage.py shards drain NAME`; "
            f"its servers stay."
        )
    fresh = [f"shard{number}" for number in range(len(names), shards)]
    added = [_like(plan, names[0], name) for name in fresh]
    return replace(plan, nodes=(*plan.nodes, *chain.from_iterable(added)))


def _like(plan: Plan, model: str, name: str) -> list[Node]:
    """Return nodes for a new shard that is built as another one, on free ports."""
    like = [node for node in plan.nodes if model in (node.name, node.group, node.primary)]
    ports = free_ports(2 * len(like))
    return [
        Node(
            node.name.replace(model, name),
            ports.pop(),
            name if node.primary else None,
            name if node.group else "",
            ports.pop() if node.api_port else 0,
        )
        for node in like
    ]


def with_new_ports(plan: Plan) -> Plan:
    """Return the same plan on other free ports; raises ClusterError where etcd knows them."""
    if plan.is_ha:
        raise ClusterError(
            "etcd and Patroni keep the ports of each other, so those of --ha stay. Stop the "
            "program that has the port; which one it is, says `cluster up`."
        )
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
