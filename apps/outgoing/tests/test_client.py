"""Requests to real servers on this machine, which tests alone may ask."""

import gzip
import itertools
import os
import ssl
import threading
import time
import zlib

import pytest
import trustme

from apps.outgoing import client
from apps.outgoing.client import Limits, Rules
from apps.outgoing.errors import NotAllowed, Unreachable, Unwanted
from apps.outgoing.tests import servers
from apps.outgoing.tests.servers import answer, endless

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.fixture
def server(monkeypatch):
    with servers.running() as server:
        monkeypatch.setattr(client, "RULES", servers.rules(server.port))
        yield server


def get(server, path="/", host="page.example", **limits):
    return client.get(f"http://{host}:{server.port}{path}", headers={}, limits=Limits(**limits))


def test_a_page_is_read_and_nothing_of_ours_is_sent(server, settings, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.acts["/a?b"] = answer(b"<p>hi", Set_Cookie="a=b")

    found = get(server, "/a?b#c", types=("text/html",))

    assert (found.status, found.kind, found.charset) == (200, "text/html", "utf-8")
    assert found.body == b"<p>hi"
    assert found.url == f"http://page.example:{server.port}/a?b"
    assert server.asked[0].headers == {
        "host": f"page.example:{server.port}",
        "user-agent": settings.OUTGOING_AGENT,
        "accept-encoding": "gzip",
        "connection": "close",
    }


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "0.0.0.0",
     "[::ffff:127.0.0.1]", "169.254.169.254"],
)  # fmt: skip
def test_by_the_real_rules_this_machine_is_not_asked_however_it_is_written(host, monkeypatch):
    """The port is let pass, so that it is the address that is refused."""
    with servers.running() as server:
        monkeypatch.setattr(client, "RULES", Rules(ports=frozenset({server.port})))
        with pytest.raises((NotAllowed, Unreachable)):
            get(server, host=host)

        assert server.asked == []


def test_other_ports_are_not_asked(monkeypatch):
    with servers.running() as server:
        monkeypatch.setattr(client, "RULES", Rules(is_allowed=lambda address: True))
        with pytest.raises(NotAllowed, match="Use 80 or 443"):
            get(server, host="127.0.0.1")
        assert server.asked == []


def test_one_address_that_is_not_public_is_enough_to_refuse(server, monkeypatch):
    names = {"page.example": ["127.0.0.1", "10.0.0.1"]}
    monkeypatch.setattr(client, "RULES", servers.rules(server.port, names=names))

    with pytest.raises(NotAllowed, match="public internet"):
        get(server)
    assert server.asked == []


def test_a_name_that_changes_its_meaning_after_the_check_gains_nothing(monkeypatch):
    """DNS rebinding: the first look-up gives an allowed address, any later one another."""
    answers = itertools.chain([["127.0.0.1"]], itertools.repeat(["127.0.0.2"]))
    with servers.running() as server:
        server.acts["/"] = answer(b"checked")
        rules = Rules(
            resolve=lambda host, port: next(answers),
            is_allowed=lambda address: address == "127.0.0.1",
            ports={server.port},
        )
        monkeypatch.setattr(client, "RULES", rules)

        assert get(server).body == b"checked"
        with pytest.raises(NotAllowed):
            get(server)
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    "location",
    ["http://inner.example:{port}/", "//inner.example:{port}/", "http://page.example:22/",
     "file:///etc/passwd", "http://user:word@page.example:{port}/", "http://[::1"],
)  # fmt: skip
def test_a_redirect_to_where_we_may_not_go_is_not_followed(server, monkeypatch, location):
    names = {"inner.example": ["10.0.0.1"]}
    monkeypatch.setattr(client, "RULES", servers.rules(server.port, names=names))
    server.acts["/"] = answer(status="302 Found", Location=location.format(port=server.port))

    with pytest.raises(NotAllowed):
        get(server)
    assert len(server.asked) == 1


def test_three_redirects_are_followed_and_no_fourth(server):
    for number in range(4):
        server.acts[f"/{number}"] = answer(status="301 Moved", Location=f"{number + 1}")
    server.acts["/4"] = answer(b"there")

    assert get(server, "/1").body == b"there"
    with pytest.raises(NotAllowed, match="on and on"):
        get(server, "/0")
    assert [asked.path for asked in server.asked] == [
        "/1",
        "/2",
        "/3",
        "/4",
        "/0",
        "/1",
        "/2",
        "/3",
    ]


def test_what_is_posted_is_not_sent_on(server):
    server.acts["/"] = answer(status="307 Temporary", Location="/other")

    with pytest.raises(NotAllowed, match="/other"):
        client.post(f"http://a.example:{server.port}/", b"x", headers={}, limits=Limits())
    assert [asked.path for asked in server.asked] == ["/"]


def test_an_endless_body_is_read_up_to_the_limit(server):
    server.acts["/"] = endless(OK + b"\r\n", b"x" * 65536)

    assert len(get(server, most=100_000).body) == 100_000


def test_a_small_body_that_unpacks_to_gigabytes_is_unpacked_no_further(server):
    """A thousandth of it is sent: 256 kB for 256 MB."""
    once = zlib.compressobj(9, zlib.DEFLATED, client.bodies.GZIP)
    bomb = b"".join(once.compress(bytes(2**20)) for _ in range(256)) + once.flush()
    server.acts["/"] = answer(bomb, Content_Encoding="gzip")

    begun = time.monotonic()
    assert get(server, most=100_000).body == bytes(100_000)
    assert time.monotonic() - begun < 1


def test_what_is_packed_is_unpacked(server):
    server.acts["/"] = answer(gzip.compress(b"hello"), Content_Encoding="GZIP")
    server.acts["/bad"] = answer(b"not packed at all", Content_Encoding="gzip")
    server.acts["/br"] = answer(b"?", Content_Encoding="br")

    assert get(server).body == b"hello"
    with pytest.raises(Unreachable):
        get(server, "/bad")
    with pytest.raises(Unwanted, match="br"):
        get(server, "/br")


DRIPS = {
    "head": endless(b"", b"H", 0.05),
    "headers": endless(OK, b"X-A: b\r\n", 0.05),
    "continue": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "body": endless(OK + b"\r\n", b"x", 0.05),
    "chunks": endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05),
    "silent": endless(b"", b"", 0.05),
}


@pytest.mark.parametrize("kind", DRIPS)
def test_a_server_that_drips_is_cut_off_at_the_deadline(server, kind):
    server.acts["/"] = DRIPS[kind]

    begun = time.monotonic()
    with pytest.raises(Unreachable):
        get(server, seconds=0.4)
    assert 0.3 < time.monotonic() - begun < 1


def test_the_deadline_is_one_for_all_redirects(server):
    def slow(sock, asked):
        time.sleep(0.25)
        answer(status="302 Found", Location="/")(sock, asked)

    server.acts["/"] = slow
    with pytest.raises(Unreachable):
        get(server, seconds=0.4, redirects=30)
    assert len(server.asked) <= 2


def test_a_name_server_that_hangs_is_cut_off_at_the_deadline(server, monkeypatch):
    release = threading.Event()
    rules = Rules(resolve=lambda host, port: [str(release.wait(20))], ports={server.port})
    monkeypatch.setattr(client, "RULES", rules)

    begun = time.monotonic()
    with pytest.raises(Unreachable, match="too long"):
        get(server, seconds=0.3)
    assert time.monotonic() - begun < 1
    release.set()


@pytest.mark.parametrize("body", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"x" * 70000])
def test_a_server_that_talks_nonsense_is_said_not_to_answer(server, body):
    server.acts["/"] = lambda sock, asked: sock.sendall(body)

    with pytest.raises(Unreachable):
        get(server)


def test_where_nobody_listens_is_unreachable(server):
    server.close()

    with pytest.raises(Unreachable, match="Try again later"):
        get(server)


def test_another_kind_is_not_read(server):
    server.acts["/"] = endless(OK.replace(b"text/html", b"video/mp4") + b"\r\n", b"x" * 65536)

    with pytest.raises(Unwanted, match="video/mp4"):
        get(server, types=("text/html",))


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def secure(authority, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("page.example").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with servers.running(context) as server:
        monkeypatch.setattr(client, "RULES", servers.rules(server.port, tls=trusting))
        yield server


def get_secure(server, host="page.example", **limits):
    return client.get(f"https://{host}:{server.port}/", headers={}, limits=Limits(**limits))


def test_certificates_are_verified_against_the_name_though_the_address_is_asked(secure):
    secure.acts["/"] = answer(b"safe")

    assert get_secure(secure).body == b"safe"
    assert secure.names == ["page.example"]
    with pytest.raises(Unreachable, match="certificate"):
        get_secure(secure, "other.example")


def test_a_certificate_of_nobody_we_know_is_refused(secure, monkeypatch):
    monkeypatch.setattr(client, "RULES", servers.rules(secure.port))

    with pytest.raises(Unreachable, match="certificate"):
        get_secure(secure)
    assert secure.asked == []


@pytest.mark.parametrize("kind", ["headers", "body", "silent"])
def test_under_tls_a_server_that_drips_is_cut_off_too(secure, kind):
    secure.acts["/"] = DRIPS[kind]

    begun = time.monotonic()
    with pytest.raises(Unreachable):
        get_secure(secure, seconds=0.4)
    assert time.monotonic() - begun < 1


def test_a_server_that_never_shakes_hands_is_cut_off(server):
    with pytest.raises(Unreachable):
        get_secure(server, seconds=0.4)


def test_what_is_posted_arrives_under_tls_as_a_whole(secure):
    body = os.urandom(300_000)
    secure.acts["/"] = answer(b"ok")

    url = f"https://page.example:{secure.port}/"
    assert client.post(url, body, headers={"X-Own": "1"}, limits=Limits()).status == 200
    assert secure.asked[0].body == body
    assert secure.asked[0].headers["x-own"] == "1"
