"""Load against a real site, and against servers that do each thing wrong."""

import json
import os
import re
import runpy
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

from apps.cluster import processes
from apps.cluster.embedded import Cluster
from apps.cluster.management.commands.quickstart import MARK
from apps.cluster.plan import free_ports
from apps.loadtest import actions, asks, people, perf, sites
from apps.loadtest.running import Run
from apps.loadtest.summaries import NOBODY_SIGNED_IN
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
        assert max(point.users for point in found.points) == 6
        assert not found.untested

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

    def test_each_endpoint_of_the_mix_is_measured_by_itself(self, served):
        site, path = served
        session = json.loads(path.read_text())[0]["session"]

        rows = [
            perf.measure(site.url, ask, count=3, rate=20, meters=perf.Meters(), idle=(None, None))
            for ask in asks.of_the_mix(site.url, session)
        ]

        names = [row.name for row in rows]
        mix = runpy.run_path("locustfiles/mix.py")
        assert names[:4] == list(mix["READER"])
        assert {re.split(", | and ", name)[0] for name in names[4:]} == set(mix["MEMBER"])
        bodies = {row.name: row.page_bytes for row in rows}
        # These lead to another page.
        assert [name for name in names if not bodies[name]] == ["post", "reply"]


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
    """Return a function that starts a server with one answer for all; it notes what was asked."""
    started, asked = [], []

    def start(status, body=b""):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.headers)
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

    start.asked = asked
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


def test_the_command_prints_and_reports_what_failed_and_ends_with_1(
    bad_site, monkeypatch, tmp_path
):
    monkeypatch.setenv("COLUMNS", "200")
    report, printed = tmp_path / "report.html", StringIO()
    brief = ("--scale", "0.06", "--speed", "20", "--report", str(report))

    with pytest.raises(SystemExit) as end:
        call_command("loadtest", "load", "--url", bad_site(503), *brief, stdout=printed)

    assert end.value.code == 1
    for said in ("load: FAILED", "are errors, not under 0.10%", "times public: status 503"):
        assert said in printed.getvalue()
    assert NOBODY_SIGNED_IN in printed.getvalue()
    page = report.read_text()
    assert 'class="verdict bad">failed<' in page
    assert "public: status 503" in page
    assert ">generator<" in page[page.index("Cores used") :]


@pytest.mark.cluster
def test_perf_on_a_site_of_its_own_counts_cpu_and_queries_and_leaves_nothing(monkeypatch, tmp_path):
    home, printed = tmp_path / "home", StringIO()
    monkeypatch.setattr(sites, "HOME", home)
    monkeypatch.setattr(sites, "ACCOUNTS", 20)
    monkeypatch.setattr(actions, "IDLE", 2.0)
    monkeypatch.setenv("COLUMNS", "200")

    call_command("loadtest", "perf", "--count", "20", "--rate", "20", stdout=printed)

    rows = re.findall(r"^ +(\w[\w, ]*?)((?: +[\d,.]+){7}) *$", printed.getvalue(), re.MULTILINE)
    costs = {name: list(map(float, cells.replace(",", "").split()[3:5])) for name, cells in rows}
    assert {"public", "home", "subscribe", "post", "reply"} <= set(costs), printed.getvalue()
    for name in ("post", "reply"):
        cpu_ms, queries = costs[name]
        assert 1 < cpu_ms < 500
        assert 5 < queries < 500
    assert processes.marked(MARK, str(home)) == []
    assert not Cluster(home, print, {}).runs_at_all()


def test_a_refused_connection_is_an_error():
    run = Run(url="http://127.0.0.1:1", people=None, limit_ms=PATIENT, **BRIEF)

    found = run.summary(watch_nothing)

    assert set(found.failures) == {"public: ConnectionRefusedError"}
    assert found.untested == NOBODY_SIGNED_IN


def on_several_machines(host, result, *options):
    """Run a master with two workers; returns their exit codes and what they said."""
    port = free_ports(1)[0]
    line = [sys.executable, "-m", "locust", "-f", "locustfiles/load.py"]
    same = ["--speed", "20", "--limit-ms", str(PATIENT), *options]
    master = ["--headless", "--master", "--expect-workers", "2", "--host", host]
    place = ["--master-bind-host", "127.0.0.1", "--master-bind-port", str(port)]
    worker = ["--worker", "--master-host", "127.0.0.1", "--master-port", str(port)]

    lines = [
        [*line, *master, *place, *same, "--result", str(result)],
        *[[*line, *worker, *same]] * 2,
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [subprocess.Popen(one, **pipes, text=True) for one in lines]
    said = ["".join(one.communicate(timeout=120)) for one in running]
    assert "(index 1)" in said[0], "the second worker was not there"
    return [one.returncode for one in running], said


def test_what_generators_on_several_machines_ask_is_judged_together(bad_site, tmp_path):
    host, result = bad_site(200, b'<article class="post" id="1"></article>'), tmp_path / "result"

    codes, said = on_several_machines(host, result, "--scale", "0.1")

    assert codes == [0, 0, 0], said
    assert NOBODY_SIGNED_IN in said[0]
    found = json.loads(result.read_text())
    assert max(point["users"] for point in found["points"]) == 10
    phases = found["phases"]
    assert [phase["users"] for phase in phases] == [2, 10, 5]
    assert sum(phase["asked"] for phase in phases) >= 10
    assert not any(phase["errors"] for phase in phases)


PAGE = b'<article class="post" id="1"></article><form action="/accounts/sign-out"></form>'


def test_no_two_members_are_the_same_person_whatever_their_process(bad_site, tmp_path):
    url, path = bad_site(200, PAGE), tmp_path / "people.json"
    sessions = {f"session{number}" for number in range(6)}
    path.write_text(json.dumps([{"name": name, "session": name} for name in sorted(sessions)]))
    # Seven visitors for each process: two of them are members.
    run = Run("load", url, path, scale=0.21, speed=20, processes=3, limit_ms=PATIENT)

    found = run.summary(watch_nothing)

    assert max(point.members for point in found.points) == 6
    assert sessions_of(bad_site.asked) == sessions


def test_no_two_members_are_the_same_person_whatever_their_machine(bad_site, tmp_path):
    url, path, result = bad_site(200, PAGE), tmp_path / "people.json", tmp_path / "result"
    path.write_text(json.dumps([{"name": "", "session": f"session{n}"} for n in range(24)]))

    on_several_machines(url, result, "--scale", "0.4", "--people", str(path))

    points = json.loads(result.read_text())["points"]
    assert max(point["members"] for point in points) == 12
    assert len(sessions_of(bad_site.asked)) == 12


def sessions_of(asked):
    """Return the sessions that requests came with, by their headers."""
    cookies = " ".join(headers["Cookie"] for headers in asked if headers["Cookie"])
    return set(re.findall(r"rookery_session=(\w+)", cookies))


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
