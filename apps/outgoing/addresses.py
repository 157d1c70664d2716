"""Which addresses are anybody's business. Pure functions."""

from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

# Of IPv6 only what is handed out to the public, without what carries an IPv4 address within.
GLOBAL_V6 = IPv6Network("2000::/3")
# The last line is public, but a cloud keeps there what it tells its machines.
NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24"),
            *("192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
            "168.63.129.16/32",
        ),
    )
)


def is_public(text: str) -> bool:
    """Tell whether an address is one of the public internet's, that stands for itself alone."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if not isinstance(address, IPv4Address) and address not in GLOBAL_V6:
        return False
    return not any(address in network for network in NOT_PUBLIC)
