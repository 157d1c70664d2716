"""A worker that has become deaf finds out."""

import pytest

from apps.cluster import processes
from apps.events import tasks as events
from apps.ops import broker
from apps.ops.listening import Deaf, Listening

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

WORKER = ("celery", "--quiet", "-A", "apps.ops.tests.deaf:app", "worker", "-c", "1")


def test_a_worker_that_hears_nothing_connects_anew(start_process, cluster):
    start_process(*WORKER, "--without-mingle")

    def is_deaf():
        events.keep_fragments.delay()
        return (broker.waiting() or 0) > 2

    # Before it is there it takes nothing either; a worker that has heard takes what waits at once.
    assert processes.wait_for(is_deaf, 60)
    assert not processes.wait_for(lambda: broker.waiting() == 0, 5)

    assert processes.wait_for(lambda: broker.waiting() == 0, 120)


def test_a_worker_that_has_nothing_to_do_is_not_deaf(monkeypatch):
    step = Listening(None)
    monkeypatch.setattr("apps.ops.broker.waiting", lambda: 0)
    for _ in range(5):
        step.look()

    monkeypatch.setattr("apps.ops.broker.waiting", lambda: None)
    for _ in range(5):
        step.look()


def test_it_says_how_many_wait(monkeypatch):
    step = Listening(None)
    monkeypatch.setattr("apps.ops.broker.waiting", lambda: 7)
    step.look()
    with pytest.raises(Deaf, match="7 tasks"):
        step.look()
