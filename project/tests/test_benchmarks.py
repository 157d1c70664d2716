"""Each benchmark runs to its end, small, and prints its figures: none stays broken unseen."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from project.testing import ROOT

NUMBER = r"[\d,.]+"
SMALL = {
    "commit_to_browser": ("--posts 5 --sockets 2", "lost 0 of 10\n"),
    "edge": (
        "--members 4 --posts 200 --seconds 1 --rounds 1 --connections 20 --hold 12",
        rf"home, nothing cached +{NUMBER} (.|\n)*pgbench(.|\n)* 0 errors of 440;",
    ),
    "fan_out": ("--followers 100 --posts 1", "publish to last timeline: median"),
    "home_timeline": (
        "--posts 200 --seconds 1 --rounds 1 --readers 4",
        rf"data grid only +{NUMBER} ",
    ),
    "memory": (
        "--requests 160 --steps 2 --sockets 2",
        "16 of 16 posts are stored; WebSockets heard of them 32 of 32 times",
    ),
    "moving": ("--rows 200 --rate 20 --processes 1", "0 of"),
    "near_cache": ("--seconds 0.1", NUMBER),
    "scale": (
        "--small 100 2000 --large 100 2000 --seconds 1 --rounds 1",
        rf"home, nothing cached( +{NUMBER}){{7}}\n",
    ),
    "statements": ("--accounts 100 --posts 2000 --times 5", NUMBER),
    "turns": ("--seconds 0.1 --rounds 1", rf"alone +{NUMBER}"),
}
NEED = {"edge": "h2load", "scale": "h2load"}


@pytest.mark.parametrize("name", SMALL)
def test_it_runs_to_its_end_and_prints_its_figures(name):
    if name in NEED and shutil.which(NEED[name]) is None:
        if os.environ.get("CI"):
            pytest.fail(f"There is no {NEED[name]} here; CI installs it.")
        pytest.skip(f"There is no {NEED[name]} here: `apt-get install nghttp2-client`.")
    options, figures = SMALL[name]
    own = {key: value for key, value in os.environ.items() if not key.startswith("ROOKERY_")}

    ended = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", *options.split()],
        cwd=ROOT,
        env=own,
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert ended.returncode == 0, ended.stderr
    assert re.search(figures, ended.stdout), ended.stdout
