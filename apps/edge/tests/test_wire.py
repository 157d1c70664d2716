"""Bytes in, bytes out: what is answered at once is what uvicorn would have had answered."""

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as generated
from hypothesis import strategies as some
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from apps.edge import asks
from apps.edge.asgi import Edge
from apps.edge.flights import SCOPE
from apps.edge.pages import Page
from apps.edge.wire import Heads, Wire


def get(path, *lines, version="1.1"):
    head = [f"GET {path} HTTP/{version}", "Host: testserver", *lines]
    return "\r\n".join([*head, "", ""]).encode()


def page(path, body):
    scope = {"type": "http", "method": "GET", "scheme": "http", "raw_path": path.encode()}
    ask = asks.of({**scope, "query_string": b"", "headers": [(b"host", b"testserver")]})
    kind = (b"content-type", b"text/plain")
    return Page(ask.key, 200, (kind,), body, {}, {}, {}, 0.0, (0, 0))


class Kept(Edge):
    """An edge whose memory is a dictionary of paths."""

    def __init__(self, application):
        super().__init__(application, most_bytes=0)
        self.kept = {}

    def find(self, ask):
        found = self.kept.get(ask.key.path)
        self.outcomes["hit"] += found is not None
        return found


class Echo:
    """Answers what came: how, where, and with what body; /hasty without waiting for that.

    What is under /kept is a page as well.
    """

    def __init__(self):
        self.asked = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, scope, receive, send):
        body = b""
        while scope["path"] != "/hasty":
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.asked.append(scope["path"])
        await self.gate.wait()
        said = f"{scope['method']} {scope['path']} ".encode() + body
        if scope["path"].startswith("/kept") and scope["method"] == "GET":
            said = b"kept " + scope["path"].encode()
            if SCOPE in scope:
                scope[SCOPE].settle(replace(page(scope["path"], said), key=scope[SCOPE].ask.key))
        length = (b"content-length", b"%d" % len(said))
        kind = (b"content-type", b"text/plain")
        start = {"type": "http.response.start", "status": 200, "headers": [kind, length]}
        await send(start)
        await send({"type": "http.response.body", "body": said})


@asynccontextmanager
async def serving(edge, protocol=Wire, keep_alive=5):
    """Serve by a protocol; gives a function that opens connections."""
    config = Config(edge, ws="none", lifespan="off", timeout_keep_alive=keep_alive, log_config=None)
    config.load()
    # As gunicorn has it: nothing is logged of each request.
    state, made = ServerState(), []

    def make():
        made.append(protocol(config=config, server_state=state, app_state={}))
        made[-1].access_log = False
        return made[-1]

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    opened = []

    async def connect():
        opened.append(await asyncio.open_connection("127.0.0.1", port))
        return opened[-1]

    connect.made = made
    try:
        yield connect
    finally:
        for _, writer in opened:
            writer.close()
        server.close()


async def answers(reader, count):
    """Read so many answers: (status line, headers without the date, body)."""
    found = []
    for _ in range(count):
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        if head.startswith(b"HTTP/1.1 100"):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        status, *lines = head.decode().split("\r\n")[:-2]
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        found.append((status, sorted(lines), await reader.readexactly(length)))
    return found


async def said(connect, *pieces, count):
    reader, writer = await connect()
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)
    return await answers(reader, count)


async def asking(connect, echo, path, count):
    """Ask for a page that is known from so many connections, while nobody is answered."""
    await said(connect, get(path), count=1)
    echo.gate.clear()
    begun = [await connect() for _ in range(count)]
    for _, writer in begun:
        writer.write(get(path))
    await asyncio.sleep(0.1)
    return begun


def run(scenario):
    with asyncio.Runner() as runner:
        return runner.run(scenario())


def test_what_was_understood_once_is_answered_without_the_application():
    async def scenario():
        echo = Echo()
        edge = Kept(echo)
        async with serving(edge) as connect:
            first = await said(connect, get("/kept/a"), count=1)
            edge.kept[b"/kept/a"] = page("/kept/a", b"kept /kept/a")
            again = await said(connect, get("/kept/a"), get("/kept/a"), count=2)
        return first, again, echo.asked, edge.outcomes["hit"]

    first, again, asked, hits = run(scenario)
    assert again == first * 2
    assert asked == ["/kept/a"]
    assert hits == 2


@pytest.mark.parametrize(
    "bytes_",
    [
        get("/kept", "Connection: close"),
        get("/kept", "Proxy-Connection: close"),
        get("/kept", version="1.0"),
        get("/kept", "Expect: 100-continue"),
        get("/kept", "Upgrade: websocket", "Connection: Upgrade"),
        get("/kept", "X-Long: " + "x" * 5000),
        get("/kept") * 2,
        get("/kept", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        get("/kept", "Range: bytes=0-1"),
        b"POST /kept HTTP/1.1\r\nHost: testserver\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_is_special_is_not_remembered(bytes_):
    async def scenario():
        edge = Kept(Echo())
        async with serving(edge) as connect:
            reader, writer = await connect()
            writer.write(bytes_)
            await answers(reader, 1)
        return edge.heads.find(bytes_)

    assert run(scenario) is None


def test_the_id_that_a_proxy_gives_a_request_makes_it_no_other_one():
    ids = [f"X-Request-ID: {number:032x}" for number in range(3)]

    async def scenario():
        edge = Kept(Echo())
        edge.kept[b"/kept/a"] = page("/kept/a", b"kept /kept/a")
        async with serving(edge) as connect:
            heads = [get("/kept/a", "Accept: */*", one, "X-More: 1") for one in ids]
            await said(connect, *heads, count=3)
            # Said twice, or something else by its name, it is not that.
            others = [get("/kept/a", ids[0], ids[1]), get("/kept/a", "X-Request-ID: mine")]
            found = [edge.heads.find(head) for head in (*heads, *others)]
            return found, edge.outcomes["hit"], len(edge.heads._asks)

    found, hits, remembered = run(scenario)
    assert found == [found[0]] * 3 + [None] * 2
    assert found[0] is not None
    assert (hits, remembered) == (3, 1)


def test_only_the_last_heads_are_remembered():
    heads = Heads(most=3)
    ask = asks.Ask(page("/", b"").key, {}, {}, False)
    for number in range(10):
        heads.remember(b"%d" % number, ask)

    assert [number for number in range(10) if heads.find(b"%d" % number)] == [7, 8, 9]


REQUESTS = [
    get("/kept/a"),
    get("/kept/b", "Accept-Language: de"),
    get("/other"),
    get("/kept/a").replace(b"GET", b"HEAD").replace(b"/kept/a", b"/head"),
    b"POST /written HTTP/1.1\r\nHost: testserver\r\nContent-Length: 12\r\n\r\nsome\r\n\r\nmore",
    get("/kept/c", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
]


@generated(max_examples=60, deadline=None)
@given(
    order=some.lists(some.sampled_from(range(len(REQUESTS))), min_size=1, max_size=8),
    cuts=some.lists(some.integers(0, 1000), max_size=6),
)
def test_however_the_bytes_arrive_the_answers_are_those_of_uvicorn(order, cuts):
    stream = b"".join(REQUESTS[number] for number in order)
    places = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    pieces = [stream[start:end] for start, end in pairwise(places)]

    async def scenario():
        found = []
        for protocol in (HttpToolsProtocol, Wire):
            edge = Kept(Echo())
            if protocol is Wire:
                names = ["/kept/a", "/kept/b", "/kept/c"]
                edge.kept = {n.encode(): page(n, b"kept " + n.encode()) for n in names}
            async with serving(edge, protocol) as connect:
                await said(connect, *REQUESTS[:3], count=3)
                found.append(await said_heads(connect, pieces, order))
        return found

    uvicorns, ours = run(scenario)
    assert ours == uvicorns


async def said_heads(connect, pieces, order):
    """Return the bodies; an answer to HEAD has the length of one, and none."""
    reader, writer = await connect()
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0)
    found = []
    for number in order:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        found.append(b"" if number == 3 else await reader.readexactly(length))
    return found


@pytest.mark.parametrize(
    "before",
    [
        b"GET /other HTTP/1.1\r\nX-Rest: ",
        b"POST /hasty HTTP/1.1\r\nHost: testserver\r\nContent-Length: %d\r\n\r\n",
    ],
    ids=["half a head", "a head whose body is to come"],
)
def test_what_belongs_to_another_request_is_no_request_of_its_own(before):
    known = get("/kept/a")

    async def scenario():
        edge = Kept(Echo())
        edge.kept[b"/kept/a"] = page("/kept/a", b"kept /kept/a")
        async with serving(edge) as connect:
            await said(connect, known, known, count=2)
            hits = edge.outcomes["hit"]
            reader, writer = await connect()
            for piece in (before % len(known) if b"%d" in before else before, known):
                writer.write(piece)
                await asyncio.sleep(0.1)
            found = await answers(reader, 1)
            writer.write(known)
            return found + await answers(reader, 1), edge.outcomes["hit"] - hits

    (first, second), hits = run(scenario)
    assert first[2] in (b"GET /other ", b"POST /hasty ")
    assert second[2] == b"kept /kept/a"
    assert hits == 1


def test_those_who_ask_while_a_page_is_made_share_it_and_who_leaves_meanwhile_harms_nobody():
    async def scenario():
        echo = Echo()
        edge = Kept(echo)
        async with serving(edge) as connect:
            begun = await asking(connect, echo, "/kept/a", 20)
            for _, writer in begun[10:15]:
                writer.close()
            # One asks for something else, too, before he has his answer.
            begun[15][1].write(get("/other"))
            await asyncio.sleep(0.1)
            echo.gate.set()
            found = [await answers(reader, 1) for reader, _ in begun[:10] + begun[16:]]
            both = await answers(begun[15][0], 2)
        return found, both, echo.asked, edge.outcomes

    found, both, asked, outcomes = run(scenario)
    assert {body for ((_, _, body),) in found} == {b"kept /kept/a"}
    assert [body for *_, body in both] == [b"kept /kept/a", b"GET /other "]
    assert asked.count("/kept/a") == 2
    assert outcomes["shared"] >= 13


def test_when_the_page_is_for_one_alone_each_of_the_others_has_his_own():
    async def scenario():
        echo = Echo()
        edge = Kept(echo)
        async with serving(edge) as connect:
            await said(connect, get("/other"), count=1)
            edge._alone.clear()
            echo.gate.clear()
            begun = [await connect() for _ in range(5)]
            for _, writer in begun:
                writer.write(get("/other"))
            await asyncio.sleep(0.1)
            echo.gate.set()
            found = [await answers(reader, 1) for reader, _ in begun]
        return found, echo.asked

    found, asked = run(scenario)
    assert [body for ((*_, body),) in found] == [b"GET /other "] * 5
    assert asked == ["/other"] * 6


def test_a_connection_ends_when_it_was_not_used_for_long_and_not_before():
    async def scenario():
        edge = Kept(Echo())
        edge.kept[b"/kept/a"] = page("/kept/a", b"kept /kept/a")
        loop = asyncio.get_running_loop()
        async with serving(edge, keep_alive=1) as connect:
            await said(connect, get("/kept/a"), count=1)
            reader, writer = await connect()
            for _ in range(6):
                writer.write(get("/kept/a"))
                await answers(reader, 1)
                await asyncio.sleep(0.3)
            used = loop.time()
            assert await asyncio.wait_for(reader.read(), 5) == b""
            return loop.time() - used

    assert 0.5 < run(scenario) < 2.5


def test_who_waits_when_the_process_stops_has_his_answer_first():
    async def scenario():
        echo = Echo()
        edge = Kept(echo)
        async with serving(edge) as connect:
            begun = await asking(connect, echo, "/kept/a", 3)
            edge.is_leaving = True
            for each in connect.made:
                if each.transport and not each.transport.is_closing():
                    each.shutdown()
            echo.gate.set()
            return [(await answers(r, 1), await r.read()) for r, _ in begun]

    for ((_, headers, body),), rest in run(scenario):
        assert body == b"kept /kept/a"
        assert "connection: close" in headers
        assert rest == b""


def test_who_asks_and_does_not_read_is_not_answered_without_end():
    async def scenario():
        edge = Kept(Echo())
        edge.kept[b"/kept/a"] = page("/kept/a", b"x" * 50_000)
        async with serving(edge) as connect:
            await said(connect, get("/kept/a"), count=1)
            _, writer = await connect()
            for _ in range(500):
                writer.write(get("/kept/a"))
                await asyncio.sleep(0.001)
            return connect.made[-1].transport.get_write_buffer_size()

    assert run(scenario) < 2**20
