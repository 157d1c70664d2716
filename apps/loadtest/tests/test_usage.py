import os
import subprocess
import sys

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
