import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
from django.db import connections

from apps.cluster import plan as plans
from apps.cluster import processes
from project.tests.test_processes import answers

QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


class Site(NamedTuple):
    """The addresses of a site of real processes."""

    url: str
    push: str


@pytest.fixture
def site(start_process, tmp_path):
    """A site of real processes: two of web, and one each of push, worker and beat."""
    port, push_port = plans.free_ports(2)
    found = Site(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{push_port}")
    places = {"ROOKERY_SITE_URL": found.url, "ROOKERY_PUSH_URL": found.push}
    for name, bound in (("web", port), ("push", push_port)):
        config = ("--config", f"python:project.serving.{name}")
        start_process("gunicorn", *config, "--bind", f"127.0.0.1:{bound}", **places)
    worker = ("celery", "--quiet", "-A", "project", "worker", "-c", "1", "--without-mingle")
    start_process(*worker)
    beat = ("celery", "--quiet", "-A", "project", "beat", "--pidfile=")
    start_process(*beat, "--schedule", str(tmp_path / "beat"))
    assert processes.wait_for(lambda: answers(f"{found.url}/health/live"), 90)
    assert processes.wait_for(lambda: answers(f"http://127.0.0.1:{push_port}/health/live"), 90)
    return found


@pytest.fixture
def url(site):
    """The address of a site of real processes."""
    return site.url


@pytest.fixture
def browser():
    """Chromium; without one the test is skipped, except where CI has promised one."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("There is no chromium here; CI installs one.")
        pytest.skip("There is no chromium here: `apt-get install chromium`.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield chromium
        chromium.close()
    # Some were to servers that a test has killed.
    connections.close_all()


@pytest.fixture
def elsewhere():
    """Return a function that asks databases in a thread of its own: Playwright has this one."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda function, *args, **options: thread.submit(function, *args, **options).result()
        thread.submit(connections.close_all).result()
