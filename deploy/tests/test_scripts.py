import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from manifests import NOT_OURS, ROOT, containers

SCRIPTS = sorted([*(ROOT / "deploy").rglob("*.sh")])
MINIKUBE = ROOT / "deploy/minikube.sh"
BASH = shutil.which("bash")
KUBECTL = Path(sys.executable).parent / "kubectl"


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


@pytest.fixture
def up(tmp_path):
    """Return a function that runs `up` with stand-ins; gives its end and what they were told.

    What is applied is in the file `applied`. Only that is validated, not what minikube makes of it.
    """
    noted, applied = tmp_path / "noted", tmp_path / "applied"

    def run(*absent):
        """Stand-ins fail where they are asked for what is absent."""
        fails = "|".join(f"*'{what}'*" for what in absent) or "''"
        kustomize = (
            f'case $* in kustomize*) exec {KUBECTL} "$@";; *"apply -f -") cat >{applied};; esac'
        )
        for tool, does in {"minikube": "", "kubectl": kustomize}.items():
            lines = (
                "#!/bin/sh",
                f'echo "{tool} $*" >>{noted}',
                f"case $* in {fails}) exit 1;; esac",
            )
            (tmp_path / tool).write_text("\n".join([*lines, does, ""]))
            (tmp_path / tool).chmod(0o755)
        (tmp_path / "openssl").write_text("#!/bin/sh\necho random\n")
        (tmp_path / "openssl").chmod(0o755)
        noted.write_text("")
        done = subprocess.run(
            [BASH, MINIKUBE, "up"],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        return done, noted.read_text().splitlines()

    return run


def places(lines, steps):
    """Return where each step is among the lines; all are there."""
    return [next(n for n, line in enumerate(lines) if step in line) for step in steps]


def test_up_does_the_steps_in_their_order_with_a_cluster_that_plays_along(up):
    done, lines = up("rookery status", "get secret")

    found = places(
        lines,
        [
            "--extra-config=kubelet.housekeeping-interval=5s",
            "addons enable metrics-server",
            "apply --server-side -f https://raw.githubusercontent.com/cloudnative-pg/",
            "image build -t rookery:",
            "--from-literal=secret-key=random",
            "delete job migrate",
            "apply -f -",
            "wait --for condition=Complete job/migrate",
            "rollout status deployment/web",
        ],
    )
    assert done.returncode == 0, done.stderr
    assert found == sorted(found)
    assert "http://10.96.80.80/" in done.stdout


def test_up_makes_good_what_a_run_that_was_interrupted_left_out(up):
    interrupted, _ = up("rookery status", "get secret", "addons enable")
    done, lines = up()

    assert interrupted.returncode != 0
    assert done.returncode == 0, done.stderr
    assert places(lines, ["addons enable metrics-server", "apply --server-side", "image build"])
    # What is there already is neither started nor made anew.
    assert not any("minikube start" in line or "create secret" in line for line in lines)


def test_each_up_is_a_release_with_a_tag_of_its_own_that_can_be_gone_back_to(up, tmp_path):
    _, lines = up()

    build = next(line for line in lines if "image build" in line)
    tag = re.search(r"-t rookery:(\d{8}-\d{6}) ", build)[1]
    assert f"--build-opt build-arg=VERSION={tag} -f deploy/Dockerfile" in build
    documents = list(yaml.safe_load_all((tmp_path / "applied").read_text()))
    ours = [
        c["image"] for d, _, c in containers(documents) if d["metadata"]["name"] not in NOT_OURS
    ]
    assert len(ours) == 9
    assert set(ours) == {f"rookery:{tag}"}


def test_the_steps_and_the_script_start_build_and_apply_in_the_same_way():
    script = re.sub(r"\\\n +", "", MINIKUBE.read_text()).replace('"', "")
    script = script.replace("--profile $PROFILE", "-p rookery").replace("$tag", "$TAG")
    readme = (ROOT / "deploy/README.md").read_text()
    for step in (
        r"minikube start .*",
        r"image build -t .*-f deploy/Dockerfile",
        r"sed s/rookery:dev/rookery:\$TAG/",
    ):
        assert set(re.findall(step, readme)) == set(re.findall(step, script)) != set()
