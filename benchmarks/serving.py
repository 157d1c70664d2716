"""Processes of a site, as a site runs them, for as long as a block runs."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from environment import ROOT, free_port

# Where browsers are, for who asks a WebSocket's origin.
SITE = "http://127.0.0.1:8000"


@contextmanager
def web(environment: dict[str, str], application: str = "project.web") -> Iterator[tuple[int, int]]:
    """Run a web process as a site does; gives its port and its pid."""
    port = free_port()
    line = ["gunicorn", "--config", "python:project.serving.web", "--bind", f"127.0.0.1:{port}"]
    if application != "project.web":
        line += ["--worker-class", "uvicorn_worker.UvicornWorker", application]
    with process(line, environment) as found:
        while not is_up(port):
            time.sleep(0.1)
        yield port, found.pid


@contextmanager
def push() -> Iterator[tuple[int, int]]:
    """Run a push process; gives its port and its pid."""
    port = free_port()
    line = ["gunicorn", "--config", "python:project.serving.push", "--bind", f"127.0.0.1:{port}"]
    with process(line, {"ROOKERY_SITE_URL": SITE}) as found:
        while not is_up(port):
            time.sleep(0.1)
        yield port, found.pid


@contextmanager
def beat() -> Iterator[int]:
    """Run beat; gives its pid."""
    schedule = Path(os.environ["ROOKERY_HOME"]) / "beat" / "schedule"
    schedule.parent.mkdir(exist_ok=True)
    line = ["celery", "--quiet", "-A", "project", "beat", "--schedule", str(schedule), "--pidfile="]
    with process([*line, "--loglevel", "ERROR"], {}, behind=True) as found:
        yield found.pid


@contextmanager
def worker(processes: int = 1) -> Iterator[int]:
    """Run a worker behind the web processes, as a site on one machine does; gives its pid.

    It is ready then: what events do would else be seconds late at first.
    """
    from project.celery import app

    line = [
        "celery",
        "--quiet",
        "-A",
        "project",
        "worker",
        "-c",
        str(processes),
        "--without-mingle",
    ]
    with process([*line, "--loglevel", "ERROR"], {}, behind=True) as found:
        while not app.control.ping(timeout=0.5):
            assert found.poll() is None, "The worker ends as it begins; its log says why."
        yield found.pid


@contextmanager
def process(
    line: list[str], environment: dict[str, str], *, behind: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", *line]
    if behind:
        command = [sys.executable, "-m", "apps.cluster.behind", *command]
    found = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        yield found
    finally:
        found.terminate()
        found.wait()


def is_up(port: int) -> bool:
    """Tell whether the process answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5):
            return True
    except OSError:
        return False
