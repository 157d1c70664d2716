"""A web worker has its connections before its first page, and what else keeps pages waiting."""

import gc
import time
from concurrent.futures import Future

import psutil
import pytest
from django.conf import settings

from apps.cluster import processes
from apps.cluster.plan import free_ports
from project.serving import settling
from project.tests.test_processes import answers


class Submitting:
    """An executor whose jobs never end."""

    def __init__(self):
        self.jobs = []

    def submit(self, job, *args):
        self.jobs.append(job)
        return Future()


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_each_thread_of_a_web_worker_is_connected_before_anybody_asks(start_process):
    (port,) = free_ports(1)
    web = start_process(
        *("gunicorn", "--config", "python:project.serving.web", "--bind", f"127.0.0.1:{port}"),
        ROOKERY_WEB_WORKERS="1",
        ROOKERY_WEB_THREADS="3",
    )
    # It asks no server.
    assert processes.wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/live"), 60)

    (worker,) = psutil.Process(web.pid).children()
    ports = {int(database["PORT"]) for database in settings.DATABASES.values()}

    def is_connected():
        taken = [each.raddr.port for each in worker.net_connections() if each.raddr]
        return all(taken.count(port) >= 3 + settling.PLUGIN_THREADS for port in ports)

    # Those of pages are there; for those that plugins are called on no worker waits.
    assert processes.wait_for(is_connected, 5)


def test_who_begins_waits_for_no_server_for_long(monkeypatch):
    monkeypatch.setattr(settling, "CONNECT_SECONDS", 0.1)
    monkeypatch.setattr(settling, "PLUGIN_THREADS", 0)
    threads, begun = Submitting(), time.monotonic()

    settling.connect(threads, 3)

    assert len(threads.jobs) == 3
    assert 0.1 <= time.monotonic() - begun < 2


def test_full_searches_for_garbage_are_a_fifth_of_what_they_are_by_themselves():
    youngest, middle, full = gc.get_threshold()
    try:
        settling.search_seldom()

        assert gc.get_threshold() == (youngest, middle, 5 * full)
    finally:
        gc.set_threshold(youngest, middle, full)
