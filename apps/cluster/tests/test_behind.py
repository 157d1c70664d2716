"""Programs that run behind the others, whoever shares their session."""

import subprocess
import sys
from pathlib import Path

import pytest

from apps.cluster import behind

ROOT = Path(__file__).resolve().parents[3]
# What a program says of itself: how nice it is, and what the kernel has of its session's group.
SAYS = (
    "import os, pathlib; group = pathlib.Path('/proc/self/autogroup');"
    "said = group.read_text().split() if group.exists() else [];"
    "print(os.nice(0), said[-1] if said else '-')"
)
# Leads the session in place of the program that it is given.
LEADER = ["sh", "-c", '"$@"; exit', "sh"]


def said(*leader):
    line = [sys.executable, "-c", SAYS]
    behind_others = [sys.executable, "-m", "apps.cluster.behind", *line]
    return [
        subprocess.run(
            [*leader, *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
            start_new_session=True,
        ).stdout.split()
        for command in (line, behind_others)
    ]


def test_who_leads_a_session_steps_back_with_it():
    (nice, group), (its_nice, its_group) = said()

    assert int(its_nice) == int(nice) + behind.NICE
    # A kernel that has no groups, or is told to make none, has none to step back with.
    assert its_group == ("-" if group == "-" else str(behind.NICE))


def test_in_a_session_of_others_it_steps_back_alone():
    (nice, group), (its_nice, its_group) = said(*LEADER)

    assert int(its_nice) == int(nice) + behind.NICE
    assert its_group == group


def test_who_has_to_wait_for_the_kernel_tries_again(tmp_path, monkeypatch):
    answers = [BlockingIOError, BlockingIOError, None]

    class Group:
        def write_text(self, text):
            if answer := answers.pop(0):
                raise answer
            (tmp_path / "written").write_text(text)

    monkeypatch.setattr(behind, "GROUP", Group())
    monkeypatch.setattr(behind.time, "sleep", lambda _: None)
    behind._step_back(behind.time.monotonic() + 60)
    assert (tmp_path / "written").read_text() == str(behind.NICE)


def test_where_it_cannot_be_said_the_program_runs_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(behind, "GROUP", tmp_path / "no folder" / "autogroup")
    behind._step_back(behind.time.monotonic() + 60)


@pytest.mark.parametrize(
    ("given", "told"), [([], "Say what to run"), (["no-such-program"], "no-such-program cannot be")]
)
def test_wrong_input_is_told(given, told):
    line = [sys.executable, "-m", "apps.cluster.behind", *given]
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=30)

    assert ended.returncode == 1
    assert ended.stderr.startswith(told)
