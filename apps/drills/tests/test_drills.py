"""Drills themselves: refusals, targets, and the short ones held on a site of their own."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.drills import targets
from apps.drills.catalogue import DRILLS
from apps.drills.errors import DrillError

SHORT = ("worker-kill", "web-kill")
DOCUMENTED = re.compile(r"^### `([a-z-]+)`$", re.MULTILINE)


def test_every_drill_is_documented_and_every_documented_one_is_there():
    text = (Path(settings.BASE_DIR) / "docs/drills.md").read_text()

    assert sorted(DOCUMENTED.findall(text)) == sorted(DRILLS)
    for drill in DRILLS.values():
        assert all((drill.harms, drill.promises, drill.heals)), drill.name


def test_the_list_names_all_drills(capsys):
    call_command("drill", "list")

    table = capsys.readouterr().out
    assert [name for name in DRILLS if name not in table] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such-drill"], "`manage.py drill list` names them"),
        (["cache-kill", "--rate", "0"], "--rate is a number from 1 to 1000"),
        (["node-kill"], "run it with --ha"),
        (["disk-full"], "mount -t tmpfs"),
        (["clock-back", "--ha"], "without --ha"),
        (["web-kill", "--through", "services"], "run it --through http"),
    ],
)
def test_what_cannot_be_held_is_refused_with_the_remedy(words, said, tmp_path):
    home = tmp_path / "drill"

    with pytest.raises(CommandError, match=re.escape(said)):
        call_command("drill", *words, "--home", str(home))

    assert not home.exists()


def test_a_process_of_somebody_else_is_not_harmed(tmp_path):
    stranger = psutil.Process(os.getppid())

    with pytest.raises(DrillError, match="is not of the site"):
        targets.send(signal.SIGKILL, [stranger], tmp_path)

    assert stranger.is_running()


def test_of_a_family_with_a_stranger_nobody_is_harmed(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with pytest.raises(DrillError):
            targets.send(
                signal.SIGKILL, [psutil.Process(child.pid), psutil.Process(os.getppid())], tmp_path
            )
        assert child.poll() is None
        targets.send(signal.SIGKILL, [psutil.Process(child.pid)], tmp_path)
        assert child.wait(10) == -signal.SIGKILL
    finally:
        child.stdin.close()


def held(tmp_path, *words):
    command = [sys.executable, "manage.py", "drill", *words, "--home", str(tmp_path / "drill")]
    environ = {name: value for name, value in os.environ.items() if name != "ROOKERY_HOME"}
    return subprocess.run(
        [*command, "--rate", "6", "--seconds", "2"],
        cwd=settings.BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.cluster
def test_short_drills_keep_their_promises(tmp_path):
    done = held(tmp_path, *SHORT)

    print(done.stdout[-6000:])
    assert done.stdout.count("The promise was kept.") == len(SHORT), done.stderr
    assert done.returncode == 0
    assert not (tmp_path / "drill").exists()


@pytest.mark.cluster
@pytest.mark.skipif(not shutil.which("etcd"), reason="needs Debian's etcd-server")
def test_a_primary_is_replaced_and_no_reader_sees_the_past(tmp_path):
    done = held(tmp_path, "primary-kill", "--ha")

    print(done.stdout[-3000:])
    counts = re.search(r"([\d,]+) +(\d+) +(\d+) +(\d+) +(\d+) ", done.stdout)
    acknowledged, *faults = counts.groups()
    assert int(acknowledged.replace(",", "")) > 10, done.stderr
    assert faults == ["0", "0", "0", "0"]
    assert not (tmp_path / "drill").exists()
