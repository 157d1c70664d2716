"""Each web worker on a core of its own, where there are no more cores than workers."""

import os
from types import SimpleNamespace

import psutil
import pytest

from apps.cluster import processes
from apps.cluster.plan import free_ports
from project.serving import cores
from project.tests.test_processes import answers


def arbiter_of(*taken, workers):
    others = {pid: SimpleNamespace(core=core) for pid, core in enumerate(taken)}
    return SimpleNamespace(WORKERS=others, num_workers=workers)


def chosen(arbiter):
    worker = SimpleNamespace()
    cores.choose(arbiter, worker)
    return worker.core


def test_the_core_with_the_fewest_workers_is_taken():
    assert cores.least_taken({0, 1}, []) == 0
    assert cores.least_taken({0, 1}, [0]) == 1
    assert cores.least_taken({0, 1}, [0, 1, 0]) == 1
    assert cores.least_taken({2, 3}, [0, 0, 3]) == 2


def test_who_comes_in_place_of_another_takes_its_core(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", None, raising=False)
    assert chosen(arbiter_of(0, workers=2)) == 1
    assert chosen(arbiter_of(1, workers=2)) == 0


def test_with_cores_to_spare_the_scheduler_is_left_alone(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", None, raising=False)
    assert chosen(arbiter_of(workers=2)) is None
    cores.keep(None, SimpleNamespace(core=None))


def test_where_no_process_can_be_kept_on_a_core_none_is(monkeypatch):
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert chosen(arbiter_of(workers=2)) is None


def cores_of(worker):
    """Return the cores that some thread of a worker may run on."""
    return sorted({core for each in worker.threads() for core in os.sched_getaffinity(each.id)})


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system has no such thing")
def test_web_workers_share_the_cores_evenly_also_after_one_was_killed(start_process):
    ours = os.sched_getaffinity(0)
    (port,) = free_ports(1)
    web = start_process(
        *("gunicorn", "--config", "python:project.serving.web", "--bind", f"127.0.0.1:{port}"),
        ROOKERY_WEB_WORKERS=str(len(ours)),
    )

    url = f"http://127.0.0.1:{port}/public"
    assert processes.wait_for(lambda: answers(url), 60)
    workers = psutil.Process(web.pid).children
    assert processes.wait_for(lambda: len(workers()) == len(ours), 30)
    evenly = sorted([core] for core in ours)
    assert sorted(cores_of(each) for each in workers()) == evenly

    killed = workers()[0]
    killed.kill()
    assert processes.wait_for(
        lambda: len(workers()) == len(ours) and killed not in workers() and answers(url), 30
    )
    assert sorted(cores_of(each) for each in workers()) == evenly
