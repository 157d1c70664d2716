import threading

import pytest
from django.db import connections

from apps.posts import services
from apps.posts.models import Tally
from apps.sharding import shards
from apps.sharding.tallies import slot_of

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def test_likes_of_one_post_do_not_wait_for_each_other(make_account):
    """One like's transaction stays open; seven others of other slots commit meanwhile."""
    author = make_account(shard="shard0")
    post = services.publish(author_id=author.pk, text="hot")
    fans = {}
    while len(fans) < 8:
        pk = make_account().pk
        fans.setdefault(slot_of(pk), pk)
    first, *others = fans.values()
    waited = []

    def like(fan):
        try:
            with connections["shard0"].cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            services.like(account_id=fan, post_id=post.pk)
        except Exception as error:
            waited.append(error)
        finally:
            connections.close_all()

    with shards.atomic_for(post.pk):
        services.like(account_id=first, post_id=post.pk)
        threads = [threading.Thread(target=like, args=(fan,)) for fan in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert waited == []
    assert Tally.of(post.pk)["likes"] == 8
