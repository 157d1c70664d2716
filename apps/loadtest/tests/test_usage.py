import os
import subprocess
import sys
import time

from apps.cluster import processes
from apps.loadtest import usage

SPIN = "while True: pass"


def test_the_time_of_children_belongs_to_their_part():
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPIN!r}], timeout=30)"
    parent = subprocess.Popen([sys.executable, "-c", starts])
    try:
        while len(found := usage.cpu_seconds({"spinner": [parent.pid]})["spinner"]) < 2:
            pass
        while sum(usage.cpu_seconds({"spinner": [parent.pid]})["spinner"].values()) < 0.5:
            pass
    finally:
        for pid in found:
            os.kill(pid, 9)
        parent.wait()

    assert parent.pid in found


def test_a_part_without_processes_used_nothing():
    assert usage.cpu_seconds({"away": []}) == {"away": {}}


def test_the_cores_of_each_part_are_noted_while_a_test_runs():
    spinner, started = subprocess.Popen([sys.executable, "-c", SPIN]), time.time()
    try:
        pids = {"spinner": [spinner.pid], "away": []}
        with usage.Watch(pids, every=0.2) as watch:
            assert processes.wait_for(lambda: len(watch.rows) >= 5, 30)
    finally:
        spinner.kill()
        spinner.wait()

    found = watch.usage(started, 60)
    assert set(found["cores"]) == {"spinner", "away", usage.OTHERS}
    assert len(found["at"]) == len(found["cores"]["spinner"]) >= 5
    assert found["busiest"]["spinner"] == max(found["cores"]["spinner"]) > 0.3
    assert not any(found["cores"]["away"])
    assert watch.usage(started + 60, 60)["at"] == []
