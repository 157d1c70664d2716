"""What memory alone can answer is answered by the thread that asks."""

import threading
import time
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.http import HttpRequest

from apps.accounts.models import Account
from apps.caching.queries import cached
from apps.kernel import waiting
from apps.plugins import calls, hooks, manager, strikes
from apps.plugins.hooks import Entry
from apps.plugins.markers import hookimpl
from apps.replication import scopes
from apps.sharding.conf import conf

with_commits = pytest.mark.django_db(databases="__all__", transaction=True)


def line(function, *, keepable=True):
    @hookimpl(keepable=keepable)
    def navigation(request):
        return [Entry(str(function()), "/")]

    return navigation


def answers():
    found = calls.gather(hooks.navigation, request=HttpRequest())
    return [entry.label for lines in found for entry in lines]


class Noted:
    """A function that notes which threads call it."""

    def __init__(self, function):
        self.function, self.threads = function, []

    def __call__(self):
        self.threads.append(threading.current_thread())
        return self.function()

    @property
    def here(self):
        return [thread is threading.current_thread() for thread in self.threads]


@pytest.fixture
def patient(monkeypatch):
    """Have a first call, which opens connections, take its time: what is asked here is where."""
    terms = replace(hooks.navigation.rookery_terms, seconds=10)
    monkeypatch.setattr(hooks.navigation, "rookery_terms", terms)


def select_one():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0]


@with_commits
def test_what_asks_nobody_is_called_here_once(make_plugin):
    noted = Noted(lambda: "made")
    make_plugin("easy", line(noted))

    assert answers() == ["made"]
    assert noted.here == [True]


@with_commits
@pytest.mark.parametrize(("bundled", "keepable"), [(False, True), (True, False)])
def test_what_may_sleep_or_change_something_is_called_elsewhere_once(
    make_plugin, bundled, keepable
):
    noted = Noted(lambda: "made")
    make_plugin("careful", line(noted, keepable=keepable), bundled=bundled)
    manager.switch_on({"careful"})

    assert answers() == ["made"]
    assert noted.here == [False]


@with_commits
def test_what_asks_a_database_or_the_grid_is_asked_again_elsewhere(patient, make_plugin):
    database = Noted(select_one)
    grid = Noted(lambda: cache.get("nobody-has-set-this", "nothing"))
    make_plugin("asker", line(database))
    make_plugin("looker", line(grid))

    assert answers() == ["1", "nothing"]
    assert database.here == [True, False]
    assert grid.here == [True, False]


@with_commits
def test_no_connection_is_opened_here(patient, make_plugin):
    asker = Noted(lambda: Account.objects.filter(pk=1).exists())
    make_plugin("asker", line(asker))
    here = [connections[alias] for alias in connections]
    for each in here:
        each.close()

    assert answers() == ["False"]
    assert asker.here == [True, False]
    assert [each.connection for each in here] == [None] * len(here)


@with_commits
def test_only_those_that_must_wait_go_elsewhere_and_the_order_stays(patient, make_plugin):
    first, second, third = Noted(lambda: "1st"), Noted(select_one), Noted(lambda: "3rd")
    make_plugin("a", line(first))
    make_plugin("b", line(second))
    make_plugin("c", line(third))

    assert answers() == ["1st", "1", "3rd"]
    assert (first.here, second.here, third.here) == ([True], [True, False], [True])


@with_commits
def test_a_cached_query_is_filled_elsewhere_and_answered_here(patient, make_plugin):
    asked = []

    @cached("tests.at_hand", tags=lambda shard: ["tests:any"], group=lambda shard: shard)
    def count(shard):
        asked.append(threading.current_thread())
        return len(asked)

    shard = conf().shards[0]
    noted = Noted(lambda: count(shard))
    make_plugin("reader", line(noted))

    with scopes.scope():
        assert answers() == ["1"]
    assert noted.here == [True, False]
    assert asked == [noted.threads[1]]
    end = time.monotonic() + 10
    while time.monotonic() < end and noted.here[-2:] != [True, True]:
        with scopes.scope():
            assert answers() == ["1"]
        time.sleep(0.05)
    assert noted.here[-2:] == [True, True]


@with_commits
def test_a_fault_counts_here_too(make_plugin):
    def fail():
        raise ValueError("oh")

    def count_for_long():
        end = time.thread_time() + 0.3
        while time.thread_time() < end:
            pass
        return "late"

    make_plugin("wrong", line(fail))
    make_plugin("slow", line(count_for_long))

    assert answers() == []
    assert strikes.strike("wrong", "navigation") == 2
    assert strikes.strike("slow", "navigation") == 2


def test_nothing_waits_where_waiting_is_refused():
    waiting.may_wait()
    with pytest.raises(waiting.WouldWait), waiting.refused():
        waiting.may_wait()
    waiting.may_wait()
