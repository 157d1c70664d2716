"""What a Celery worker keeps from one task to the next, and what it gives up."""

from pathlib import Path

import pytest
from django.db import connections

from apps.cluster import processes
from apps.events.models import Event
from apps.posts import services as posts
from apps.sharding.conf import conf

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]
POSTS = 20
WORKER = ("celery", "--quiet", "-A", "project", "worker", "-c", "1", "--without-mingle")
# Its connections are told by it from those that the tests of a whole run have left open.
NAME = "worker-under-test"


@pytest.fixture
def connections_opened():
    """A function that returns how many connections the worker has ever opened to primaries."""
    for alias in conf().primaries:
        _ask(alias, "ALTER SYSTEM SET log_connections = on")
        _ask(alias, "SELECT pg_reload_conf()")
    yield lambda: sum(_log(alias).count(f"application_name={NAME}") for alias in conf().primaries)
    for alias in conf().primaries:
        _ask(alias, "ALTER SYSTEM RESET log_connections")
        _ask(alias, "SELECT pg_reload_conf()")


def _log(alias):
    return Path(_ask(alias, "SHOW data_directory") + ".log").read_text(errors="replace")


def _ask(alias, query, *params):
    with connections[alias].cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchone()[0] if cursor.description else None


def all_is_delivered():
    return not any(
        Event.objects.using(shard).filter(finished_at=None).exists() for shard in conf().shards
    )


def say(author, number):
    posts.publish(author_id=author.pk, text=f"what I saw today: {number}")
    assert processes.wait_for(all_is_delivered, 30)


def test_connections_are_kept_and_those_that_broke_are_opened_anew(
    start_process, make_account, connections_opened
):
    author = make_account(shard="shard0")
    start_process(*WORKER, PGAPPNAME=NAME)
    for number in range(5):
        say(author, number)
    before = connections_opened()
    assert before

    for number in range(POSTS):
        say(author, number)

    opened = connections_opened() - before
    print(f"connections that {POSTS} posts opened: {opened}")
    # With connections of its own for each task it was 91; a few are for who looks after the worker.
    assert opened < POSTS

    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    ended = _ask("shard0", f"SELECT count(pg_terminate_backend(pid)) {others}")
    assert ended
    say(author, POSTS)
