"""What a URL asks for, and of whom. Pure functions."""

from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from apps.outgoing.errors import NotAllowed

MOST_CHARACTERS = 2000
PORTS = {"http": 80, "https": 443}
# What may stand in a path or query as it is; a % begins what is quoted already.
PLAIN = "/?%:@!$&'()*+,;=~-._[]"


class Target(NamedTuple):
    """A server, and what is asked of it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The target as an address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def parse(url: str) -> Target:
    """Return what a URL asks for; raises NotAllowed."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
        host = _ascii(parts.hostname or "")
    except (ValueError, UnicodeError) as error:
        raise NotAllowed(f"This is no address: {error}. Look at its spelling.") from error
    if len(url) > MOST_CHARACTERS or parts.scheme not in PORTS or not host:
        raise NotAllowed("Give an http or https address of at most 2000 characters.")
    if parts.username is not None or parts.password is not None:
        raise NotAllowed("An address with a name or password in it is not asked. Leave them out.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, quote(path, safe=PLAIN))


def follow(target: Target, location: str) -> Target:
    """Return where a server sends us to; raises NotAllowed."""
    try:
        url = urljoin(target.url, location)
    except ValueError as error:
        raise NotAllowed(f"{target.host} sends on to what is no address: {error}.") from error
    return parse(url)


def _ascii(host: str) -> str:
    if ":" in host:
        return host
    return host.encode("idna").decode("ascii").lower()
