import threading
import time

import pytest
from django.db import connections
from django.utils import timezone

from apps.accounts.models import Account
from apps.events import dispatch, stats
from apps.events.models import Event
from apps.posts import services as posts
from apps.sharding import shards

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def of(shard):
    return next(found for found in stats.of_shards(timezone.now()) if found.shard == shard)


def test_a_long_transaction_is_shown_and_holds_nothing_else_up(make_account):
    """One key's transaction stays open: other keys and other shards go on, and it is seen."""
    busy, same, other = (make_account(shard=s).pk for s in ("shard0", "shard0", "shard1"))
    opened, may_commit = threading.Event(), threading.Event()

    def hold():
        try:
            with shards.atomic_for(busy):
                posts.publish(author_id=busy, text="long")
                opened.set()
                may_commit.wait(10)
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    opened.wait(10)
    time.sleep(0.2)
    for author in (same, other):
        posts.publish(author_id=author, text="short")
    delivered = [dispatch.drain(shard) for shard in ("shard0", "shard1")]

    assert min(delivered) > 0
    assert of("shard0").longest.total_seconds() >= 0.2
    assert of("shard1").longest is None
    assert of("shard0").unfinished == of("shard1").unfinished == 0
    may_commit.set()
    thread.join()
    assert of("shard0").unfinished == 1
    assert dispatch.drain("shard0") > 0
    assert not Event.objects.using("shard0").filter(finished_at=None).exists()


def test_admin_shows_what_waits(client, make_account):
    posts.publish(author_id=make_account(shard="shard1").pk, text="waits")
    chief = make_account("chief")
    Account.objects.filter(pk=chief.pk).update(is_staff=True, is_superuser=True)
    client.force_login(chief)

    page = client.get("/admin/events/event/").text

    assert "What waits" in page
    assert page.count('<th scope="row">shard') == 2
