"""Load against a real site, and against servers that do each thing wrong."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO

import psutil
import pytest
from django.core.management import CommandError, call_command

from apps.cluster.plan import free_ports
from apps.loadtest import people, perf
from apps.loadtest.running import Run
from apps.posts import services as posts

PATIENT = 9_000
SMALL = {"profile": "load", "scale": 0.06, "speed": 10}
# Of a server that is wrong a few answers say all.
BRIEF = {**SMALL, "speed": 40}


def watch_nothing(live):
    pass


@pytest.fixture
def served(site, make_account, tmp_path):
    """A site with posts, and the file of its visitors' sessions."""
    for _ in range(4):
        account = make_account()
        for number in range(30):
            posts.publish(author_id=account.pk, text=f"number {number}")
    path = tmp_path / "people.json"
    path.write_text(json.dumps(people.sign_in(10)))
    return site, path


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
class TestSite:
    def test_a_healthy_site_passes_by_the_samples_of_all_processes(self, served):
        site, path = served
        run = Run(url=site.url, people=path, limit_ms=PATIENT, processes=2, **SMALL)

        found = run.summary(watch_nothing)

        assert found.failures == {}
        assert found.passed, [phase.faults for phase in found.phases]
        asked = {row.name for row in found.endpoints if row.asked}
        assert {"public", "thread", "home"} <= asked
        assert "never asked" not in asked

    def test_a_site_that_stands_still_for_three_seconds_fails(self, served):
        site, path = served
        stopped = []

        def watch(live):
            if live["since"] > 5 and not stopped:
                stopped.extend(pause_web(3))

        found = Run("load", site.url, path, scale=0.2, speed=10, limit_ms=2_500).summary(watch)

        assert stopped
        assert any("p99.9" in fault for fault in found.phases[1].faults)
        # Not one slow answer, but one for each moment at which somebody was due.
        waited = [point for point in found.points if point.p50 > 500]
        assert len(waited) >= 2

    def test_each_endpoint_is_measured_by_itself(self, served):
        site, path = served
        session = json.loads(path.read_text())[0]["session"]

        asks = perf.asks(site.url, session)
        rows = [
            perf.measure(site.url, ask, count=3, rate=20, meters=perf.Meters(), idle=(None, None))
            for ask in asks
        ]

        names = [row.name for row in rows]
        assert names == ["public", "thread", "profile", "home", "like and unlike", "post"]
        assert all(row.page_bytes > 500 for row in rows if row.name != "post")


def pause_web(seconds):
    """Stop all web processes that we started, for some seconds; returns their pids."""
    children = psutil.Process().children(recursive=True)
    web = [p.pid for p in children if "wsgi" in (line := " ".join(p.cmdline())) or ".web" in line]
    for pid in web:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in web:
        os.kill(pid, signal.SIGCONT)
    return web


@pytest.fixture
def bad_site():
    """Return a function that starts a server with one answer for everything."""
    started = []

    def start(status, body=b""):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever).start()
        started.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, b"away", "public: status 503"),
        (200, b"<p>Something else</p>", 'public: a page without <article class="post"'),
    ],
)
def test_a_refusal_and_a_wrong_page_are_errors(bad_site, status, body, said):
    run = Run(url=bad_site(status, body), people=None, limit_ms=PATIENT, **BRIEF)

    found = run.summary(watch_nothing)

    assert said in found.failures
    asked = [phase for phase in found.phases if phase.asked]
    assert asked
    assert all("errors" in phase.faults[0] for phase in asked)


def test_a_refused_connection_is_an_error():
    run = Run(url="http://127.0.0.1:1", people=None, limit_ms=PATIENT, **BRIEF)

    found = run.summary(watch_nothing)

    assert set(found.failures) == {"public: ConnectionRefusedError"}


def test_what_generators_on_several_machines_ask_is_judged_together(bad_site, tmp_path):
    host, port = bad_site(200, b'<article class="post" id="1"></article>'), free_ports(1)[0]
    result = tmp_path / "result.json"
    line = [sys.executable, "-m", "locust", "-f", "locustfiles/load.py"]
    same = ["--scale", "0.1", "--speed", "20", "--limit-ms", str(PATIENT)]
    master = ["--headless", "--master", "--expect-workers", "2", "--host", host]
    place = ["--master-bind-host", "127.0.0.1", "--master-bind-port", str(port)]
    worker = ["--worker", "--master-host", "127.0.0.1", "--master-port", str(port)]

    lines = [
        [*line, *master, *place, *same, "--result", str(result)],
        *[[*line, *worker, *same]] * 2,
    ]
    running = [subprocess.Popen(one, stderr=subprocess.PIPE, text=True) for one in lines]
    said = [one.communicate(timeout=120)[1] for one in running]

    assert [one.returncode for one in running] == [0, 0, 0], said
    assert "(index 1)" in said[0], "the second worker was not there"
    phases = json.loads(result.read_text())["phases"]
    assert [phase["users"] for phase in phases] == [2, 10, 5]
    assert sum(phase["asked"] for phase in phases) >= 10
    assert not any(phase["errors"] for phase in phases)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["load", "--scale", "0"], "--scale is a number above 0"),
        (["stress", "--processes", "-1"], "--processes is a number above 0"),
        (["load", "--url", "localhost"], "--url is an address such as"),
        (["load", "--url", "http://x", "--people", "away.json"], "Make it where"),
        (["load", "--report", "no/such/folder/report.html"], "its folder is not there"),
        (["people"], "Say where to write"),
    ],
)
def test_wrong_input_is_told(line, said):
    with pytest.raises(CommandError, match=said):
        call_command("loadtest", *line, stdout=StringIO())
