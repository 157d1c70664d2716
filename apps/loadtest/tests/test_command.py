"""The command around the tests: what it prints, writes and ends with."""

import json
import os
import re
import runpy
import sys
from contextlib import contextmanager
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from apps.loadtest import sites
from apps.loadtest.running import Run
from apps.loadtest.samples import Samples
from apps.loadtest.tests.test_summaries import samples_of, summed

SITE = ("--url", "http://site")


def loadtest(*line):
    """Run the command; returns its exit code and what it printed."""
    printed = StringIO()
    try:
        call_command("loadtest", *line, stdout=printed)
    except SystemExit as end:
        return end.code, printed.getvalue()
    return 0, printed.getvalue()


@pytest.fixture
def carries(monkeypatch):
    """Return a function that has each run pass that is not greater than a share."""

    def until(most):
        def summary(run, watch):
            watch({"since": 1.0, "users": 1, "asked": 1, "errors": 0, "pids": [os.getpid()]})
            return summed(samples_of() if run.scale <= most else Samples())

        monkeypatch.setattr(Run, "summary", summary)

    monkeypatch.setenv("COLUMNS", "200")
    return until


def test_a_test_that_passes_prints_its_phases_writes_its_report_and_ends_with_0(carries, tmp_path):
    carries(1)

    code, printed = loadtest("load", *SITE, "--report", str(tmp_path / "report.html"))

    assert code == 0
    assert "short: passed" in printed
    assert re.search(r"first +all of 10 visitors +1,000 +0 +10.0 +10.0 +10.0", printed)
    assert re.search(r"page +1,000 +0 +10.0 +10.0 +10.0", printed)
    assert 'class="verdict good">passed<' in (tmp_path / "report.html").read_text()


def test_a_test_that_fails_says_why_and_ends_with_1(carries, tmp_path):
    carries(0)

    code, printed = loadtest("load", *SITE, "--report", str(tmp_path / "report.html"))

    assert code == 1
    assert "short: FAILED" in printed
    assert "second: only 0 of" in printed
    assert 'class="verdict bad">failed<' in (tmp_path / "report.html").read_text()


def test_find_prints_each_attempt_and_reports_the_greatest_share_that_passes(carries, tmp_path):
    carries(0.03)

    code, printed = loadtest("find", *SITE, "--report", str(tmp_path / "report.html"))

    assert code == 0
    attempts = re.findall(r"([\d.]+)% +10 visitors: (passes|fails)", printed)
    assert [share for share, _ in attempts[:3]] == ["1.00", "2.00", "4.00"]
    assert all((float(share) <= 3) == (word == "passes") for share, word in attempts)
    best = max(float(share) for share, word in attempts if word == "passes")
    assert f"{best:.2f}% of the stress test passes" in printed
    assert 'class="verdict good">passed<' in (tmp_path / "report.html").read_text()


def test_find_ends_with_1_and_without_a_report_when_nothing_passes(carries, tmp_path):
    carries(0)

    code, printed = loadtest("find", *SITE, "--report", str(tmp_path / "report.html"))

    assert code == 1
    assert "Not even" in printed
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("line", "visitors"),
    [(["load"], 100), (["load", "--scale", "0.07"], 7), (["stress"], 10_000), (["find"], 10_000)],
)
def test_a_site_of_its_own_has_a_session_for_each_member(carries, monkeypatch, line, visitors):
    made = []

    @contextmanager
    def own(say, people):
        made.append(people)
        yield SimpleNamespace(url="http://site", pids=dict, manage=lambda *line: made.append(line))

    monkeypatch.setattr(sites, "own", own)
    carries(1)

    loadtest(*line)

    mix = runpy.run_path("locustfiles/mix.py")
    people, (*_, count, _, _) = made
    assert people == int(count) > visitors * mix["MEMBERS"] / (mix["READERS"] + mix["MEMBERS"])


@pytest.mark.django_db(databases="__all__")
def test_sessions_are_written_to_standard_output_and_nothing_else_is(make_account):
    accounts = [make_account() for _ in range(3)]

    code, printed = loadtest("people", "--count", "2", "--people", "-")

    assert code == 0
    made = json.loads(printed)
    assert [person["name"] for person in made] == [str(account) for account in accounts[:2]]
    assert all(person["session"] for person in made)


def test_what_a_test_needs_and_is_not_installed_is_named(monkeypatch):
    monkeypatch.delitem(sys.modules, "apps.loadtest.actions", raising=False)
    monkeypatch.setitem(sys.modules, "apps.loadtest.usage", None)

    with pytest.raises(CommandError, match="usage is not installed here"):
        call_command("loadtest", "load", stdout=StringIO())
