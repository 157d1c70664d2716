import re

import pytest
from django.db import OperationalError

from apps.follows import services as follows
from apps.notifications import badges, services
from apps.posts import services as posts
from apps.sharding import shards

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def ada(two, client):
    """Ada, signed in."""
    client.force_login(two[0])
    return two[0]


def badge(answer):
    """The badge as a page shows it: its number and its words; None where it is hidden."""
    found = re.search(
        r'<span class="badge" id="badge" data-badge="(\d+)" (hidden)?>'
        r'<span aria-hidden="true">([\d+]+)</span><span class="hidden-label">(.*?)</span>',
        answer.text,
    )
    assert found
    return None if found[2] else (int(found[1]), found[3], found[4])


def test_every_page_shows_how_many_are_unread_until_they_are_seen(client, ada, two, deliver):
    wren = two[1]
    post = posts.publish(author_id=ada.pk, text="x")
    deliver()
    assert badge(client.get("/")) is None

    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    deliver()
    assert badge(client.get("/")) == (1, "1", "1 unread notification")
    posts.like(account_id=wren.pk, post_id=post.pk)
    deliver()

    for path in ("/", "/public", "/@wren", f"/@ada/{post.pk}", "/posts/new", "/no/such/page"):
        assert badge(client.get(path)) == (2, "2", "2 unread notifications")
    assert badge(client.get("/notifications")) is None
    assert badge(client.get("/")) is None


@pytest.mark.parametrize("verb", ["unlike", "unfollow", "delete"])
def test_what_is_taken_back_leaves_the_badge(client, ada, two, deliver, verb):
    wren = two[1]
    post = posts.publish(author_id=ada.pk, text="x")
    posts.like(account_id=wren.pk, post_id=post.pk)
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    deliver()
    assert badge(client.get("/"))[0] == 2

    if verb == "unlike":
        posts.unlike(account_id=wren.pk, post_id=post.pk)
    elif verb == "unfollow":
        follows.unfollow(follower_id=wren.pk, followed_id=ada.pk)
    else:
        posts.delete(post_id=post.pk)
    deliver()

    assert badge(client.get("/"))[0] == 1


def test_visitors_have_no_badge_and_cost_no_query(client, two, count_queries):
    with count_queries() as queries:
        assert badges.badge_of(None) == badges.Badge(0)
    assert queries == []
    assert 'id="badge"' not in client.get("/public").text


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_without_news_nothing_is_asked_and_a_change_asks_once(two, count_queries):
    ada, wren = two
    badges.badge_of(ada.pk)

    with count_queries() as queries:
        badges.badge_of(ada.pk)
    assert queries == []
    services.notify(account_id=ada.pk, kind="follow", actor_id=wren.pk)
    with count_queries() as queries:
        assert [badges.badge_of(ada.pk).count for _ in range(2)] == [1, 1]

    assert sum("notifications_notification" in query for query in queries) == 1


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_rolled_back_change_keeps_the_number(two, count_queries):
    ada, wren = two
    badges.badge_of(ada.pk)

    with pytest.raises(RuntimeError), shards.atomic_for(ada.pk):
        services.notify(account_id=ada.pk, kind="follow", actor_id=wren.pk)
        raise RuntimeError

    with count_queries() as queries:
        assert badges.badge_of(ada.pk).count == 0
    assert queries == []


def test_a_hundred_and_more_are_shown_as_such():
    assert badges.Badge(99).shown == "99"
    assert badges.Badge(100).shown == "99+"


def test_with_the_cache_away_the_badge_is_still_right(client, ada, two, deliver, settings):
    store = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": store}
    assert badge(client.get("/")) is None

    services.notify(account_id=ada.pk, kind="follow", actor_id=two[1].pk)

    assert badge(client.get("/"))[0] == 1
    client.get("/notifications")
    assert badge(client.get("/")) is None


def test_with_the_database_away_a_page_loses_its_badge_and_nothing_else(client, ada, monkeypatch):
    def away(account_id):
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr("apps.notifications.selectors.unread_count", away)
        answer = client.get("/public")

    assert answer.status_code == 200
    assert badge(answer) is None
