import pytest

from apps.outgoing import targets
from apps.outgoing.addresses import is_public
from apps.outgoing.errors import NotAllowed


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::1"]
)
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16"),
        *("192.0.0.192", "198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255"),
        *("240.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "::", "::1", "fe80::1"),
        *("fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1"),
        *("::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::"),
        *("2001:0:7f00:1::", "2001:db8::1", "3fff::1", "5f00::1", "fec0::1", "", "localhost"),
        *("0x7f000001", "2130706433", "127.1", "8.8.8.8 "),
    ],
)
def test_no_other_address_is(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("HTTP://Example.ORG", ("http", "example.org", 80, "/")),
        ("https://example.org:443/a?b=c#d", ("https", "example.org", 443, "/a?b=c")),
        ("http://ü.example/ü b%20\r\n", ("http", "xn--tda.example", 80, "/%C3%BC%20b%20")),
        ("http://[2606:4700::1]/", ("http", "2606:4700::1", 80, "/")),
        ("http://example.org:8080/", ("http", "example.org", 8080, "/")),
        ('http://example.org/"<>', ("http", "example.org", 80, "/%22%3C%3E")),
    ],
)  # fmt: skip
def test_a_url_names_a_server_and_what_is_asked(url, target):
    assert tuple(targets.parse(url)) == target


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "//example.org/", "ftp://example.org/", "file:///etc/passwd"),
        *("gopher://example.org/", "javascript:alert(1)", "http://", "http:///x", "http://[::1"),
        *("http://user@example.org/", "http://user:word@example.org/", "http://:word@example.org/"),
        *("http://example.org:port/", "http://example.org:99999/", "http://a..example/"),
        *("http://" + "a" * 64 + ".example/", "http://example.org/" + "a" * 2000),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(url):
    with pytest.raises(NotAllowed):
        targets.parse(url)
