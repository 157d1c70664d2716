"""Where a request comes from, and which proxies are believed about it."""

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from apps.kernel.errors import Misconfigured

Network = IPv4Network | IPv6Network
# A household or a server has at least so much of IPv6: single addresses of it mean nothing.
IPV6_PREFIX = 64


def networks(name: str, words: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks that the setting `name` lists; raises Misconfigured."""
    found = []
    for word in words:
        try:
            found.append(ip_network(word))
        except ValueError as error:
            raise Misconfigured(name, "networks like 10.0.0.0/8", word) from error
    return tuple(found)


def is_among(address: str, trusted: Sequence[Network]) -> bool:
    """Tell whether an address is in one of the networks; what is no address is not."""
    try:
        found = _plain(address)
    except ValueError:
        return False
    return any(found.version == each.version and found in each for each in trusted)


def client_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return who asks: the peer, or whom the trusted proxies between say they ask for.

    `forwarded` is X-Forwarded-For: each proxy adds on the right whom it was asked by, so it is read
    from there, and what stands left of the first stranger is whatever that stranger wrote.
    """
    asking = peer
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not is_among(asking, trusted):
            break
        asking = hop
    return asking


def household(address: str) -> str:
    """Return what an address is counted as: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = _plain(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)


def _plain(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address.strip().strip("[]"))
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
