"""A cached count, and what moves it, for tests."""

import threading

from django.db import connections

from apps.caching.queries import cached
from apps.posts.models import Tally
from apps.sharding import shards


@cached("test.counted", tags=lambda owner_id: [f"posts.tally:{owner_id}"])
def likes(owner_id):
    """The likes of an owner; over a table of the site, so the site's triggers are under test."""
    return sum(Tally.objects.filter(owner_id=owner_id).values_list("likes", flat=True)) or None


def add(owner_id, number=1):
    """Count up, in a transaction of its own."""
    with shards.atomic_for(owner_id):
        Tally.add(owner_id, by=1, likes=number)


def in_a_thread(work):
    """Begin work on connections of its own; returns the thread."""

    def run():
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread
