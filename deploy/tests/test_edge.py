"""nginx with the configuration that is deployed, before real processes of the site."""

import asyncio
import getpass
import json
import re
import shutil
import signal
import socketserver
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress

import pytest
from manifests import ROOT
from websockets.sync.client import connect

from apps.cluster import plan as plans
from apps.cluster import processes
from project.tests.test_processes import answers
from project.tests.test_stopping import counted, traffic
from project.tests.visitor import Visitor

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

MAIN = """
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/rookery.conf;
}}
"""


@pytest.fixture
def nginx(tmp_path):
    """Return a function that starts nginx before two addresses; gives its port."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/bin")
    if not program:
        pytest.skip("needs nginx (Debian's nginx-light)")
    folder = tmp_path / "nginx"
    folder.mkdir()
    (folder / "media").mkdir()
    started = []

    def start(web, push):
        port = plans.free_ports(1)[0]
        template = (ROOT / "deploy/nginx/rookery.conf.template").read_text()
        values = {"LISTEN": f"127.0.0.1:{port}", "WEB": web, "PUSH": push}
        filled = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], template)
        (folder / "rookery.conf").write_text(filled.replace("/srv/media", f"{folder}/media"))
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=getpass.getuser()))
        command = [program, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        started.append(subprocess.Popen(command))
        assert processes.wait_for(lambda: answers(f"http://127.0.0.1:{port}/nginx/live"), 20)
        return port

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.fixture
def serve(start_process):
    """Return a function that starts web or push; gives its port and process."""

    def start(name, site):
        port = plans.free_ports(1)[0]
        config = ("--config", f"python:project.serving.{name}", "--bind", f"127.0.0.1:{port}")
        process = start_process("gunicorn", *config, ROOKERY_SITE_URL=site)
        assert processes.wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"), 30)
        return port, process

    return start


class Service(threading.Thread):
    """What a cluster's service is: new connections go to the newest server, old ones stay."""

    def __init__(self):
        super().__init__(daemon=True)
        self.port, self.target = plans.free_ports(1)[0], 0
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.start()
        assert self.ready.wait(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.serve())
        self.loop.close()

    async def serve(self):
        self.ended = asyncio.Event()
        server = await asyncio.start_server(self.join_to_target, "127.0.0.1", self.port)
        self.ready.set()
        await self.ended.wait()
        server.close()
        await asyncio.sleep(0.2)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await asyncio.sleep(0.2)  # until the connections that were closed are gone

    def end(self):
        self.loop.call_soon_threadsafe(self.ended.set)
        self.join(10)

    async def join_to_target(self, reader, writer):
        try:
            onward, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        with suppress(asyncio.CancelledError):  # the end of the test
            await asyncio.gather(copy(reader, back), copy(onward, writer))


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


class Dying(socketserver.StreamRequestHandler):
    """A connection that ends with a request in hand, when it has answered so many."""

    def handle(self):
        self.server.begun += 1
        for _ in range(self.server.answers):
            if not self.asked():
                return
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.asked()

    def asked(self):
        """Read a request; tells whether there was one."""
        head = b""
        while (line := self.rfile.readline()) not in (b"", b"\r\n"):
            head += line
        length = re.search(rb"Content-Length: (\d+)", head)
        self.rfile.read(int(length[1]) if length else 0)
        return head != b""


@pytest.fixture
def dying():
    """Return a function that starts a server whose connections answer so often; gives it."""
    started = []

    def start(answers):
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dying)
        server.answers, server.begun = answers, 0
        started.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def status(port, data=None):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", data) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_what_a_server_dies_with_is_asked_again_once_if_its_connection_was_kept(nginx, dying):
    server = dying(answers=1)
    port = nginx(f"127.0.0.1:{server.server_address[1]}", "127.0.0.1:9")

    assert status(port) == 200
    assert status(port) == 200
    assert server.begun == 2, "the second one was asked over the first connection, then anew"
    assert status(port, b"text=once") == 502
    assert server.begun == 2, "a post is not sent twice"


def test_what_a_server_dies_with_on_a_new_connection_is_a_502(nginx, dying):
    server = dying(answers=0)
    port = nginx(f"127.0.0.1:{server.server_address[1]}", "127.0.0.1:9")

    assert status(port) == 502
    assert server.begun == 1


def test_a_server_is_replaced_behind_nginx_under_load_and_no_request_fails(nginx, serve):
    service = Service()
    port = nginx(f"127.0.0.1:{service.port}", "127.0.0.1:9")
    site = f"http://127.0.0.1:{port}"
    try:
        service.target, old = serve("web", site)
        visitor = Visitor(site)
        visitor.sign_up("reader")
        visitor.post("/posts/", text="first")
        with traffic(port, visitor) as clients:
            for _ in range(2):
                time.sleep(1)
                # As in a roll-out: the new one is ready, then new connections go there, then
                # the old one is told to stop.
                service.target, new = serve("web", site)
                time.sleep(1)
                old.send_signal(signal.SIGTERM)
                assert old.wait(40) == 0
                old = new
            time.sleep(1)
    finally:
        service.end()

    good, errors = counted(clients)
    posted = sum(client.posted for client in clients)
    print(
        f"2 servers replaced: {len(errors)} errors of {good + len(errors)}, {posted} of them posts"
    )
    assert errors == []
    assert good > 100
    assert posted > 10


def test_nginx_leads_pages_sockets_streams_and_pictures_to_their_places(nginx, serve, tmp_path):
    web, push = plans.free_ports(2)
    port = nginx(f"127.0.0.1:{web}", f"127.0.0.1:{push}")
    site = f"http://127.0.0.1:{port}"
    (tmp_path / "nginx/media/a.webp").write_bytes(b"picture")
    with pytest.raises(urllib.error.HTTPError) as away:
        urllib.request.urlopen(site)
    assert away.value.code == 502
    away.value.close()

    port = nginx(f"127.0.0.1:{serve('web', site)[0]}", f"127.0.0.1:{serve('push', site)[0]}")

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/public") as page:
        assert b"</html>" in page.read()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/media/a.webp") as picture:
        assert picture.read() == b"picture"
        assert picture.headers["X-Content-Type-Options"] == "nosniff"
    with connect(f"ws://127.0.0.1:{port}/ws/", origin=site) as socket:
        socket.send(json.dumps({"do": "subscribe", "topics": ["public"]}))
        assert json.loads(socket.recv(10)) == {"type": "subscribed", "topic": "public"}
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/events/?topic=public") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.readline().startswith(b"retry: ")
