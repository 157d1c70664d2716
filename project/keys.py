"""The secrets: they come from the environment alone, and those of examples are refused."""

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from apps.cluster.topology import Topology
from apps.kernel.errors import Misconfigured

RANDOM = "at least 40 random characters"
# What documents and tutorials write in place of a secret, in lower case.
EXAMPLES = ("example", "change-me", "changeme", "change_me", "insecure", "placeholder", "your-")
PASSWORDS = {"password", "postgres", "postgresql"}
SHORTEST = 8
# A random key of hexadecimal digits has about fifteen different ones.
LEAST_DIFFERENT = 10


def secret_key(environ: Mapping[str, str], home: Path, *, embedded: bool) -> str:
    """Return the key that sessions are signed with; the embedded site makes one of its own."""
    given = environ.get("ROOKERY_SECRET_KEY")
    if given and len(given) < 40:
        raise Misconfigured("ROOKERY_SECRET_KEY", RANDOM, "fewer")
    if not given and not embedded:
        raise Misconfigured("ROOKERY_SECRET_KEY", RANDOM, "nothing")
    return given or _own(home)


def refuse_examples(topology: Topology, key: str, token: str) -> None:
    """Have a site that others can reach not start with secrets that anybody can read elsewhere."""
    if any(word in key.lower() for word in EXAMPLES) or len(set(key)) < LEAST_DIFFERENT:
        raise Misconfigured("ROOKERY_SECRET_KEY", RANDOM, "an example")
    if token and (_is_example(token) or len(token) < 16):
        raise Misconfigured("ROOKERY_METRICS_TOKEN", "at least 16 random characters", "an example")
    for name, url in _urls(topology):
        if _is_example(unquote(urlsplit(url).password or "")):
            raise Misconfigured(
                "ROOKERY_TOPOLOGY", f"a random password in the URL of {name}", "an example"
            )


def _is_example(password: str) -> bool:
    lowered = password.lower()
    return (
        0 < len(password) < SHORTEST
        or lowered in PASSWORDS
        or any(word in lowered for word in EXAMPLES)
    )


def _urls(topology: Topology) -> Iterator[tuple[str, str]]:
    for name, group in {"directory": topology.directory, **topology.shards}.items():
        yield from ((name, url) for url in (group.primary, *group.replicas))
    yield from (("cache", topology.cache), ("broker", topology.broker))


def _own(home: Path) -> str:
    kept = home / "secret_key"
    if not kept.exists():
        if not os.access(next(p for p in (home, *home.parents) if p.exists()), os.W_OK):
            raise Misconfigured("ROOKERY_HOME", "a folder that can be written", str(home))
        home.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(60))
        try:
            os.link(fresh, kept)  # two processes may start at once: the first key stays
        except FileExistsError:
            pass
        fresh.unlink()
    return kept.read_text()
