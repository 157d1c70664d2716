import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from manifests import ROOT

SCRIPTS = sorted([*(ROOT / "deploy").rglob("*.sh")])
MINIKUBE = ROOT / "deploy/minikube.sh"
BASH = shutil.which("bash")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_sound(path):
    shellcheck = Path(sys.executable).parent / "shellcheck"

    assert subprocess.run([BASH, "-n", path]).returncode == 0
    done = subprocess.run([shellcheck, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert os.access(path, os.X_OK)


def run(path, *words):
    return subprocess.run(
        [BASH, MINIKUBE, *words], env={"PATH": str(path)}, capture_output=True, text=True
    )


@pytest.mark.parametrize("word", ["up", "down", "status"])
def test_without_its_tools_it_stops_with_a_word_for_each(word, tmp_path):
    for tool in ("minikube", "kubectl", "openssl"):
        done = run(tmp_path, word)
        assert done.returncode == 1
        assert done.stderr.startswith(f"{tool} is missing. Install it (")
        assert done.stdout == ""
        (tmp_path / tool).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / tool).chmod(0o755)


def test_it_may_be_started_from_its_own_folder(tmp_path):
    done = subprocess.run(
        [BASH, MINIKUBE.name, "up"],
        cwd=MINIKUBE.parent,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert done.stderr.startswith("minikube is missing.")


def test_asked_for_nothing_it_says_how_it_is_used(tmp_path):
    assert run(tmp_path).stderr == "Usage: deploy/minikube.sh up|down|status\n"


def test_up_does_the_steps_in_their_order_with_a_cluster_that_plays_along(tmp_path):
    """Stand-ins note what they are told; only that is validated, not what minikube makes of it."""
    noted = tmp_path / "noted"
    for tool in ("minikube", "kubectl"):
        fails = "case $* in *status|*'get secret'*) exit 1;; esac" if tool == "minikube" else ""
        fails = fails or "case $* in *'get secret'*) exit 1;; esac"
        (tmp_path / tool).write_text(f'#!/bin/sh\necho "{tool} $*" >>{noted}\n{fails}\n')
        (tmp_path / tool).chmod(0o755)
    (tmp_path / "openssl").write_text("#!/bin/sh\necho random\n")
    (tmp_path / "openssl").chmod(0o755)

    done = subprocess.run(
        [BASH, MINIKUBE, "up"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    lines = noted.read_text().splitlines()
    steps = [
        "--extra-config=kubelet.housekeeping-interval=5s",
        "addons enable metrics-server",
        "image build -t rookery:dev -f deploy/Dockerfile",
        "--from-literal=secret-key=random",
        "delete job migrate",
        "apply -k",
        "wait --for condition=Complete job/migrate",
        "rollout status deployment/web",
    ]
    places = [next(n for n, line in enumerate(lines) if step in line) for step in steps]
    assert done.returncode == 0, done.stderr
    assert places == sorted(places)
    assert "http://10.96.80.80/" in done.stdout
