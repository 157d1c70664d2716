"""What a viewer has done with posts: with the newest from one answer, with older ones by post."""

from types import SimpleNamespace

import pytest

from apps.posts import deeds, services
from apps.replication import scopes
from apps.sharding.prepared import prepared_on

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def viewer(make_account):
    return make_account(shard="shard0").pk


@pytest.fixture
def posts(make_account):
    """Eight posts on two shards, the oldest first."""
    authors = [make_account(shard=f"shard{number}").pk for number in range(2)]
    return [
        services.publish(author_id=authors[number % 2], text=f"post {number}").pk
        for number in range(8)
    ]


DEEDS = {
    deeds.liked: (services.like, services.unlike, "account_id"),
    deeds.bookmarked: (services.bookmark, services.unbookmark, "account_id"),
    deeds.reposted: (services.repost, services.unrepost, "author_id"),
}


@pytest.mark.parametrize("newest", [200, 3, 1])
@pytest.mark.parametrize("done", DEEDS, ids=lambda done: done.__name__)
def test_what_was_done_is_found_however_old_the_post_is(viewer, posts, monkeypatch, done, newest):
    monkeypatch.setattr(deeds, "NEWEST", newest)
    # Made anew with it.
    monkeypatch.setattr(deeds, "_likes_on", prepared_on(deeds._likes_on.__wrapped__))
    do, undo, who = DEEDS[done]
    chosen = posts[::2] + posts[1:2]
    for post_id in chosen:
        do(**{who: viewer, "post_id": post_id})

    assert done(posts, viewer) == set(chosen)
    undo(**{who: viewer, "post_id": posts[4]})
    assert done(posts, viewer) == set(chosen) - {posts[4]}
    assert done(posts[:2], viewer) == set(posts[:2])
    assert done(posts, None) == done([], viewer) == set()


@pytest.mark.parametrize("done", DEEDS, ids=lambda done: done.__name__)
def test_a_page_with_new_posts_of_others_asks_nobody(
    viewer, posts, make_account, count_queries, done
):
    do, _, who = DEEDS[done]
    do(**{who: viewer, "post_id": posts[0]})
    other = make_account(shard="shard1").pk
    with scopes.scope():
        assert done(posts, viewer) == {posts[0]}
        new = services.publish(author_id=other, text="new").pk

    with scopes.scope(), count_queries() as queries:
        assert done([*posts, new], viewer) == {posts[0]}
    assert queries == []


def test_a_bucket_that_moves_between_two_looks_hides_no_like(viewer, posts, monkeypatch):
    services.like(account_id=viewer, post_id=posts[0])
    real, looks = deeds.directory.shard_of_id, []

    def moving(pk):
        looks.append(pk)
        return {"shard0": "shard1"}.get(real(pk), "shard0") if len(looks) == 1 else real(pk)

    monkeypatch.setattr(deeds, "directory", SimpleNamespace(shard_of_id=moving))

    assert deeds.liked([posts[0]], viewer) == {posts[0]}
    assert len(looks) > 2
