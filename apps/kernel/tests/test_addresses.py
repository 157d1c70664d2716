import pytest

from apps.kernel.addresses import client_of, household, is_among, networks
from apps.kernel.errors import Misconfigured

TRUSTED = networks("X", ["10.0.0.0/8", "127.0.0.1/32", "::1/128"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        # A stranger may write what it likes.
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        # What stands left of the first stranger was written by that stranger.
        ("10.0.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("::ffff:10.0.0.2", "198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_trusted_proxies_say_for_whom_they_ask(peer, forwarded, client):
    assert client_of(peer, forwarded, TRUSTED) == client


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("nonsense", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_ipv6_address_counts_with_its_whole_household(address, counted):
    assert household(address) == counted


def test_nonsense_is_in_no_network_and_stops_the_start():
    assert not is_among("unix:", TRUSTED)
    with pytest.raises(Misconfigured):
        networks("ROOKERY_TRUSTED_PROXIES", ["10.0.0.0/99"])
