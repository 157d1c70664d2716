from typing import NamedTuple

import pytest

from apps.cluster import plan as plans
from apps.cluster import processes
from project.tests.test_processes import answers


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
