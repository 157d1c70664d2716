"""The command around the tests: what it prints, writes and ends with."""

import json
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def loadtest(*line):
    """Run the command; returns its exit code and what it printed."""
    printed = StringIO()
    try:
        call_command("loadtest", *line, stdout=printed)
    except SystemExit as end:
        return end.code, printed.getvalue()
    return 0, printed.getvalue()


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
