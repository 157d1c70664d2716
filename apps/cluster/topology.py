"""Which servers there are: one setting, `ROOKERY_TOPOLOGY`, or the embedded cluster's own plan."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from apps.kernel.errors import Misconfigured

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
HOST = re.compile(r"(\[[^\]]+\]|[^:\[\]]*)(?::(\d{1,5}))?\Z")
VARIABLE = re.compile(r"\$\{(\w+)\}")
PASSWORD = re.compile(r"//([^:/@]*):[^/]*@")
POSTGRES = ("postgresql", "postgres")
REDIS = ("redis", "rediss")
PLAN_FILE = "cluster.json"


class TopologyError(Misconfigured):
    """The topology is wrong; its text names the key, what was expected, and what was there."""

    def __init__(self, key: str, expected: str, got: object) -> None:
        # The message ends up in logs: a password in a URL must not.
        shown = PASSWORD.sub(r"//\1:***@", str(got)) if got else got
        super().__init__(f"ROOKERY_TOPOLOGY: {key}", expected, shown)
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
    return parse(_read(given, environ)) if given else parse(_embedded(home))


def parse(tree: Mapping[str, Any]) -> Topology:
    """Return the topology that a TOML or JSON tree describes; raises TopologyError."""
    _known(tree, "the topology", {"directory", "shards", "cache", "broker"})
    groups = _table(tree, "shards")
    if not groups:
        raise TopologyError("shards", "at least one [shards.NAME]", "none")
    shards = {name: _group(_shard_name(name), table) for name, table in groups.items()}
    directory = _group("directory", tree.get("directory"))
    _distinct([directory, *shards.values()])
    cache = _server(tree, "cache", REDIS)
    broker, channels = _beside(cache, 1), _beside(cache, 2)
    if "broker" in tree:
        broker = _server(tree, "broker", (*REDIS, "amqp", "amqps"))
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


def _read(given: str, environ: Mapping[str, str]) -> dict[str, Any]:
    try:
        if given.startswith("{"):
            return dict(json.loads(_filled(given, environ)))
        return tomllib.loads(_filled(Path(given).read_text("utf-8"), environ))
    except OSError as error:
        raise TopologyError("the file", "a TOML file that can be read", str(error)) from error
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TopologyError("the text", "TOML in a file, or JSON", str(error)) from error


def _filled(text: str, environ: Mapping[str, str]) -> str:
    """Return the text with a variable's value in place of each ${NAME}, quoted as in a URL."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise TopologyError(match[0], f"the environment variable {match[1]}", "none")
        return quote(environ[match[1]], safe="")

    return VARIABLE.sub(value, text)


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
        expected = "what `cluster up` wrote (restore it, or move its folder away)"
        raise TopologyError(str(path), expected, str(error)) from error


def _group(key: str, table: object) -> Group:
    if not isinstance(table, Mapping):
        raise TopologyError(key, f"a table [{key}]", table)
    _known(table, key, {"primary", "replicas"})
    replicas = table.get("replicas", [])
    if not isinstance(replicas, list):
        raise TopologyError(f"{key}.replicas", "a list of postgresql:// URLs", replicas)
    primary = _url(table.get("primary"), f"{key}.primary", POSTGRES)
    urls = [_url(url, f"{key}.replicas[{n}]", POSTGRES) for n, url in enumerate(replicas)]
    return Group(primary, tuple(urls))


def _server(tree: Mapping[str, Any], name: str, schemes: tuple[str, ...]) -> str:
    table, key = _table(tree, name), f"{name}.url"
    _known(table, name, {"url"})
    url = _url(table.get("url"), key, schemes)
    parts = urlsplit(url)
    if not parts.hostname:
        raise TopologyError(key, f"a URL like {schemes[0]}://host:port/0", url)
    number = parts.path.strip("/") or "0"
    if parts.scheme in REDIS and not number.isdecimal():
        raise TopologyError(key, "the number of a database, as in redis://host:6379/0", url)
    return url


def _table(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = tree.get(name)
    if not isinstance(value, Mapping):
        raise TopologyError(name, f"a table [{name}]", value)
    return value


def _beside(cache: str, step: int) -> str:
    """Return the address of the database `step` after the cache's, on the same server."""
    parts = urlsplit(cache)
    return parts._replace(path=f"/{int(parts.path.strip('/') or 0) + step}").geturl()


def _known(table: Mapping[str, Any], key: str, names: set[str]) -> None:
    if unknown := sorted(table.keys() - names):
        raise TopologyError(key, f"only {', '.join(sorted(names))}", unknown[0])


def _shard_name(name: str) -> str:
    if not NAME.match(name) or name in ("default", "directory") or "_replica" in name:
        raise TopologyError(f"shards.{name}", "a name like shard0 (a to z, 0 to 9, _)", name)
    return f"shards.{name}"


def _url(value: object, key: str, schemes: tuple[str, ...]) -> str:
    scheme, found, rest = str(value).partition("://")
    if not isinstance(value, str) or not found or scheme not in schemes or not rest.strip("/"):
        raise TopologyError(key, f"a URL that starts with {schemes[0]}://", value)
    try:
        _hosts(urlsplit(value).netloc)
    except ValueError as error:
        raise TopologyError(key, f"a URL like {schemes[0]}://host:port/name", value) from error
    return value


def _distinct(groups: list[Group]) -> None:
    seen: set[str] = set()
    for url in (url for group in groups for url in (group.primary, *group.replicas)):
        if url in seen and ":0/" not in url:
            raise TopologyError("the servers", "a different server for each place", url)
        seen.add(url)


def _hosts(netloc: str) -> list[tuple[str, str]]:
    """Return the hosts and ports of a URL: libpq takes several. Raises ValueError."""
    pairs = []
    for text in netloc.rpartition("@")[2].split(","):
        match = HOST.match(text)
        if not match or int(match[2] or 0) > 65_535:
            raise ValueError(text)
        pairs.append((unquote(match[1].strip("[]")), match[2] or ""))
    return pairs


def _database(url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    parts = urlsplit(url)
    name, _, password = parts.netloc.rpartition("@")[0].partition(":")
    pairs = _hosts(parts.netloc)
    extra = dict(options.get("OPTIONS", {}))
    return {
        **options,
        "ENGINE": "django.db.backends.postgresql",
        "HOST": ",".join(host for host, _ in pairs),
        "PORT": ",".join(port or "5432" for _, port in pairs),
        "USER": unquote(name),
        "PASSWORD": unquote(password),
        "NAME": unquote(parts.path.lstrip("/")) or "rookery",
        "OPTIONS": {"connect_timeout": 2, **dict(parse_qsl(parts.query)), **extra},
    }
