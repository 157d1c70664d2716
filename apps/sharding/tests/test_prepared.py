"""Statements that are made once answer what their querysets answer, whoever is asked about."""

import pytest

from apps.bundled.moderation import actions, relations
from apps.events import dispatch
from apps.follows import selectors as follows
from apps.follows import services as following
from apps.notifications import selectors as notifications
from apps.posts import pins
from apps.posts import selectors as posts
from apps.posts import services as writing
from apps.posts.models import Post
from apps.replication import scopes
from apps.sharding import directory, prepared
from apps.sharding.conf import conf
from apps.sharding.ids import bucket_of
from apps.timelines import selectors as timelines

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

ALL = [
    posts._newest_by,
    pins._pins,
    follows._follow,
    notifications._unread,
    relations._rows,
    actions._unread,
    timelines._beside,
]


@pytest.fixture
def people(make_account):
    """Some accounts on both shards who have done all that is asked about."""
    found = [make_account(name, shard=f"shard{n % 2}") for n, name in enumerate("abcd")]
    for one in found:
        written = [writing.publish(author_id=one.pk, text=f"number {n}") for n in range(3)]
        pins.pin(account_id=one.pk, post_id=written[0].pk)
        for other in found:
            if other is not one:
                following.follow(follower_id=one.pk, followed_id=other.pk)
    while sum(dispatch.drain(shard) for shard in conf().shards):
        pass
    for one in found:
        relations.mute(owner_id=one.pk, other_id=found[0 if one is not found[0] else 1].pk)
    return found


def answers(queryset):
    """Return what a queryset answers as tuples, also one of dictionaries."""
    return [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in queryset]


@pytest.mark.parametrize("asked", ALL, ids=lambda asked: f"{asked.__module__}.{asked.__name__}")
def test_it_answers_what_its_queryset_does(asked, people):
    names = asked.__wrapped__.__code__.co_varnames[: asked.__wrapped__.__code__.co_argcount]
    counts = set()
    for one in people:
        newest = Post.objects.filter(author_id=one.pk).order_by("-id").first()
        seconds = {"before": [None, newest.pk, 1]}.get(names[-1], [other.pk for other in people])
        for ids in [(one.pk, other) for other in seconds] if len(names) == 2 else [(one.pk,)]:
            with scopes.scope(), scopes.primary():
                expected, found = answers(asked.__wrapped__(*ids)), asked(*ids)
            assert sorted(found) == sorted(expected)
            counts.add(len(found))
    assert counts != {0} or asked is actions._unread


@pytest.mark.parametrize("before", [None, 2**62])
def test_of_a_shard_by_its_name_it_answers_what_its_queryset_does(before, people):
    for shard in conf().shards:
        with scopes.scope(), scopes.primary():
            expected = list(posts._newest_on.__wrapped__(shard, before))
            assert posts._newest_on(shard, before) == expected
        assert len(expected) == 6


def test_rows_of_buckets_on_the_move_are_left_out(people, monkeypatch):
    one = next(one for one in people if directory.shard_of_id(one.pk) == "shard0")
    assert len(posts._newest_on("shard0", None)) == 6
    monkeypatch.setattr(directory, "strangers_on", lambda shard: frozenset({bucket_of(one.pk)}))

    assert len(posts._newest_on("shard0", None)) == 3


def test_it_is_made_once_for_all_who_are_asked_about(people):
    made = []

    @prepared.prepared
    def newest(author_id, before):
        made.append((author_id, before))
        rows = Post.objects.filter(author_id=author_id)
        rows = rows if before is None else rows.filter(id__lt=before)
        return rows.order_by("-id").values_list("id")[:2]

    with scopes.scope(), scopes.primary():
        for one in people:
            first = newest(one.pk, None)
            assert newest(one.pk, first[0][0])[0] == first[1]
    assert made == [(prepared.STAND_INS, None), (prepared.STAND_INS, prepared.STAND_INS + 1)]
    assert {directory.shard_of_id(one.pk) for one in people} == {"shard0", "shard1"}
