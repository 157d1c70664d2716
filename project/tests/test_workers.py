"""What a Celery worker keeps from one task to the next, and what it gives up."""

import time

import pytest
from django.db import connections

from apps.cluster import processes
from apps.events.models import Event
from apps.posts import services as posts
from apps.sharding.conf import conf

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]
POSTS = 20
WORKER = ("celery", "--quiet", "-A", "project", "worker", "-c", "1", "--without-mingle")
# PostgreSQL counts a session when its backend next has time to say so.
COUNTED_SECONDS = 1.5


def sessions():
    """Return how many connections were ever opened to the primaries."""
    time.sleep(COUNTED_SECONDS)
    return sum(
        _ask(alias, "SELECT sum(sessions) FROM pg_stat_database") for alias in conf().primaries
    )


def _ask(alias, query, *params):
    with connections[alias].cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchone()[0]


def all_is_delivered():
    return not any(
        Event.objects.using(shard).filter(finished_at=None).exists() for shard in conf().shards
    )


def say(author, number):
    posts.publish(author_id=author.pk, text=f"what I saw today: {number}")
    assert processes.wait_for(all_is_delivered, 30)


def test_connections_are_kept_and_those_that_broke_are_opened_anew(start_process, make_account):
    author = make_account(shard="shard0")
    start_process(*WORKER)
    for number in range(5):
        say(author, number)
    before = sessions()

    for number in range(POSTS):
        say(author, number)

    opened = sessions() - before
    print(f"connections that {POSTS} posts opened: {opened}")
    # With connections of its own for each task it was 91; a few are for who looks after the worker.
    assert opened < POSTS

    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    ended = _ask("shard0", f"SELECT count(pg_terminate_backend(pid)) {others}")
    assert ended
    say(author, POSTS)
