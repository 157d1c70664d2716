"""Which servers there are: one setting, `ROOKERY_TOPOLOGY`, or the embedded cluster's own plan."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from apps.kernel.errors import Misconfigured

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
PLAN_FILE = "cluster.json"


class TopologyError(Misconfigured):
    """The topology is wrong; its text names the key, what was expected, and what was there."""

    def __init__(self, key: str, expected: str, got: object) -> None:
        super().__init__(f"ROOKERY_TOPOLOGY: {key}", expected, got)
        self.key = key


@dataclass(frozen=True)
class Group:
    """Servers that hold the same data: a primary's URL and those of its streaming replicas."""

    primary: str
    replicas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topology:
    """All servers by URL; `shards` in their order; `channels` is the channel layer's."""

    directory: Group
    shards: dict[str, Group]
    cache: str
    broker: str
    channels: str


def load(environ: Mapping[str, str], home: Path) -> Topology:
    """Return the topology from the environment, else the embedded one; raises TopologyError."""
    given = environ.get("ROOKERY_TOPOLOGY", "").strip()
    return parse(_read(given)) if given else parse(_embedded(home))


def parse(tree: Mapping[str, Any]) -> Topology:
    """Return the topology that a TOML or JSON tree describes; raises TopologyError."""
    _known(tree, "the topology", {"directory", "shards", "cache", "broker"})
    groups = _table(tree, "shards", "shards")
    if not groups:
        raise TopologyError("shards", "at least one [shards.NAME]", "none")
    shards = {name: _group(_shard_name(name), table) for name, table in groups.items()}
    directory = _group("directory", _table(tree, "directory", "directory"))
    _distinct([directory, *shards.values()])
    cache = _url(_table(tree, "cache", "cache"), "cache.url", "url", ("redis", "rediss", "unix"))
    broker, channels = _beside(cache, 1), _beside(cache, 2)
    if "broker" in tree:
        table = _table(tree, "broker", "broker")
        broker = _url(table, "broker.url", "url", ("redis", "rediss", "amqp", "amqps"))
    return Topology(directory, shards, cache, broker, channels)


def databases(topology: Topology, *, options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES: default, shard0, …, and NAME_replica0, … beside each."""
    made = {}
    for alias, group in _named(topology).items():
        made[alias] = _database(group.primary, options)
        for number, url in enumerate(group.replicas):
            replica = _database(url, options)
            made[f"{alias}_replica{number}"] = {**replica, "TEST": {"MIRROR": alias}}
    return made


def groups(topology: Topology) -> dict[str, tuple[str, ...]]:
    """Return the aliases of each primary's replicas, by the primary's alias."""
    return {
        alias: tuple(f"{alias}_replica{number}" for number in range(len(group.replicas)))
        for alias, group in _named(topology).items()
    }


def _named(topology: Topology) -> dict[str, Group]:
    return {"default": topology.directory, **topology.shards}


def _read(given: str) -> dict[str, Any]:
    try:
        if given.startswith("{"):
            return dict(json.loads(given))
        return tomllib.loads(Path(given).read_text("utf-8"))
    except OSError as error:
        raise TopologyError("the file", "a TOML file that can be read", str(error)) from error
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TopologyError("the text", "TOML in a file, or JSON", str(error)) from error


def _embedded(home: Path) -> dict[str, Any]:
    """Return the plan that `cluster up` wrote; before that, one of the same names on port 0."""
    path = home / PLAN_FILE
    try:
        return dict(json.loads(path.read_text())["topology"])
    except FileNotFoundError:
        nowhere = "postgresql://rookery@127.0.0.1:0/rookery"
        group = {"primary": nowhere, "replicas": []}
        shards = {"shard0": dict(group), "shard1": dict(group)}
        return {"directory": group, "shards": shards, "cache": {"url": "redis://127.0.0.1:0/0"}}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TopologyError(str(path), "what `cluster up` wrote", str(error)) from error


def _group(key: str, table: Mapping[str, Any]) -> Group:
    _known(table, key, {"primary", "replicas"})
    replicas = table.get("replicas", [])
    if not isinstance(replicas, list):
        raise TopologyError(f"{key}.replicas", "a list of postgresql:// URLs", replicas)
    primary = _url(table, f"{key}.primary", "primary", ("postgresql", "postgres"))
    urls = [
        _url({"url": url}, f"{key}.replicas[{n}]", "url", ("postgresql", "postgres"))
        for n, url in enumerate(replicas)
    ]
    return Group(primary, tuple(urls))


def _table(tree: Mapping[str, Any], name: str, key: str) -> Mapping[str, Any]:
    value = tree.get(name)
    if not isinstance(value, Mapping):
        raise TopologyError(key, f"a table [{name}]", value)
    return value


def _beside(cache: str, number: int) -> str:
    """Return the address of another database of the cache's server."""
    parts = urlsplit(cache)
    return parts._replace(path=f"/{number}").geturl()


def _known(table: Mapping[str, Any], key: str, names: set[str]) -> None:
    if unknown := sorted(table.keys() - names):
        raise TopologyError(key, f"only {', '.join(sorted(names))}", unknown[0])


def _shard_name(name: str) -> str:
    if not NAME.match(name) or name in ("default", "directory") or "_replica" in name:
        raise TopologyError(f"shards.{name}", "a name like shard0 (a to z, 0 to 9, _)", name)
    return f"shards.{name}"


def _url(table: Mapping[str, Any], key: str, name: str, schemes: tuple[str, ...]) -> str:
    value = table.get(name)
    if not isinstance(value, str) or "://" not in value or value.split("://")[0] not in schemes:
        raise TopologyError(key, f"a URL that starts with {schemes[0]}://", value)
    return value


def _distinct(groups: list[Group]) -> None:
    seen: set[str] = set()
    for url in (url for group in groups for url in (group.primary, *group.replicas)):
        if url in seen and ":0/" not in url:
            raise TopologyError("the servers", "a different server for each place", url)
        seen.add(url)


def _database(url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    parts = urlsplit(url)
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    pairs = [host.rpartition(":") if ":" in host else (host, "", "") for host in hosts.split(",")]
    extra = dict(options.get("OPTIONS", {}))
    return {
        **options,
        "ENGINE": "django.db.backends.postgresql",
        "HOST": ",".join(host for host, _, _ in pairs),
        "PORT": ",".join(port or "5432" for _, _, port in pairs),
        "USER": unquote(name),
        "PASSWORD": unquote(password),
        "NAME": unquote(parts.path.lstrip("/")) or "rookery",
        "OPTIONS": {"connect_timeout": 2, **dict(parse_qsl(parts.query)), **extra},
    }
