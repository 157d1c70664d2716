"""Whether the servers of a topology that are not ours answer."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
import redis

from apps.cluster.topology import REDIS, Topology

PATIENCE = 2  # seconds for a server to answer
AMQP_PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(frozen=True)
class Answer:
    """What one server said; `fault` is empty where it is what the topology says it is."""

    name: str
    role: str
    address: str
    fault: str


def ask(topology: Topology) -> list[Answer]:
    """Ask every server of the topology, all at once; takes a little over PATIENCE at most."""
    with ThreadPoolExecutor(max_workers=32) as pool:
        return list(pool.map(_ask, _places(topology)))


def _places(topology: Topology) -> Iterator[tuple[str, str, str]]:
    for name, group in {"directory": topology.directory, **topology.shards}.items():
        yield name, "primary", group.primary
        for number, url in enumerate(group.replicas):
            yield f"{name}-replica{number}", "replica", url
    yield "cache", "cache", topology.cache
    yield "broker", "broker", topology.broker


def _ask(place: tuple[str, str, str]) -> Answer:
    name, role, url = place
    parts = urlsplit(url)
    kinds: dict[str, Callable[[str, str], str]] = dict.fromkeys(REDIS, _redis)
    kinds |= dict.fromkeys(AMQP_PORTS, _amqp)
    try:
        fault = kinds.get(parts.scheme, _postgres)(url, role)
    except (psycopg.Error, redis.RedisError, OSError) as error:
        fault = str(error).strip().splitlines()[0] if str(error) else type(error).__name__
    return Answer(name, role, parts.netloc.rpartition("@")[2], fault)


def _postgres(url: str, role: str) -> str:
    with psycopg.connect(url, connect_timeout=PATIENCE) as connection:
        row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
    found = "replica" if row and row[0] else "primary"
    return "" if found == role else f"is a {found}"


def _redis(url: str, role: str) -> str:
    options = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    with redis.Redis.from_url(url, **options) as client:
        return "" if client.ping() else "does not answer a ping"


def _amqp(url: str, role: str) -> str:
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or AMQP_PORTS[parts.scheme])
    socket.create_connection(address, timeout=PATIENCE).close()
    return ""
