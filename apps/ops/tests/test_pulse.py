import os
import signal
import time

import pytest

from apps.cluster import plan as plans
from apps.cluster import processes

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

WORKER = ("celery", "--quiet", "-A", "project", "worker", "-c", "1", "--without-mingle")


def age(path):
    return time.time() - path.stat().st_mtime


def test_a_worker_keeps_its_file_new_and_one_that_is_stopped_does_not(start_process, tmp_path):
    path = tmp_path / "pulse"
    worker = start_process(*WORKER, ROOKERY_PULSE_FILE=str(path))
    assert processes.wait_for(path.exists, 30)
    first = path.stat().st_mtime

    assert processes.wait_for(lambda: path.stat().st_mtime > first, 15)
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        assert processes.wait_for(lambda: age(path) > 8, 15)
    finally:
        os.kill(worker.pid, signal.SIGCONT)


def test_a_worker_that_waits_for_its_broker_is_well(start_process, tmp_path, topology):
    path = tmp_path / "pulse"
    nowhere = f"redis://127.0.0.1:{plans.free_ports(1)[0]}/1"
    away = topology[:-1] + f', "broker": {{"url": "{nowhere}"}}}}'
    start_process(*WORKER, ROOKERY_PULSE_FILE=str(path), ROOKERY_TOPOLOGY=away)

    assert processes.wait_for(path.exists, 30)
    first = path.stat().st_mtime
    assert processes.wait_for(lambda: path.stat().st_mtime > first, 15)


def test_beat_keeps_its_file_new(start_process, tmp_path):
    path = tmp_path / "pulse"
    beat = ("celery", "--quiet", "-A", "project", "beat", "--pidfile=")
    start_process(*beat, "--schedule", str(tmp_path / "beat"), ROOKERY_PULSE_FILE=str(path))
    assert processes.wait_for(path.exists, 30)
    first = path.stat().st_mtime

    assert processes.wait_for(lambda: path.stat().st_mtime > first, 15)
