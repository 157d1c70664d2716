import re

import pytest

from apps.follows import services as follows
from apps.notifications import selectors
from apps.notifications.models import Notification
from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__")
PATH = "/notifications"


@pytest.fixture
def ada(two, client):
    """Ada, signed in."""
    client.force_login(two[0])
    return two[0]


@pytest.fixture
def wren(two):
    return two[1]


def shown(answer):
    """The ids of the notifications on a page, and whether each is marked as unread."""
    items = re.findall(r'<li class="post notice (unread)?\s*" id="n(\d+)"', answer.text)
    return [(int(number), bool(mark)) for mark, number in items]


def test_visitors_are_asked_to_sign_in(client):
    assert client.get(PATH).url == "/accounts/sign-in?next=/notifications"
    assert client.post(PATH).status_code == 405


def test_without_any_the_page_says_so(client, ada):
    answer = client.get(PATH)

    assert "Nothing yet." in answer.text
    assert shown(answer) == []


def test_each_kind_says_who_did_what_and_leads_there(client, ada, wren, deliver):
    post = posts.publish(author_id=ada.pk, text="hello <b>world</b>")
    posts.like(account_id=wren.pk, post_id=post.pk)
    posts.repost(author_id=wren.pk, post_id=post.pk)
    reply = posts.publish(author_id=wren.pk, text="an answer", in_reply_to_id=post.pk)
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    deliver()

    page = " ".join(client.get(PATH).text.split())

    assert f'likes <a href="/@ada/{post.pk}">your post</a>' in page
    assert f'reposted <a href="/@ada/{post.pk}">your post</a>' in page
    assert f'<a href="/@wren/{reply.pk}">replied</a> to you' in page
    assert "follows you" in page
    assert page.count('<a href="/@wren"><bdi>wren</bdi></a>') == 4
    assert page.count("hello &lt;b&gt;world&lt;/b&gt;") == 2
    assert "an answer" in page
    assert page.count('<span class="hidden-label">Unread: </span>') == 4


def test_opening_the_page_marks_what_it_shows_as_seen(client, ada, wren, deliver, make_account):
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    deliver()
    old = Notification.objects.get(account_id=ada.pk).pk

    assert shown(client.get(PATH)) == [(old, True)]
    assert shown(client.get(PATH)) == [(old, False)]
    follows.follow(follower_id=make_account().pk, followed_id=ada.pk)
    deliver()
    new = selectors.page(ada.pk, before=None).unseen_id

    assert shown(client.get(PATH)) == [(new, True), (old, False)]


def test_looking_without_opening_marks_nothing(client, ada, wren, deliver):
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    deliver()

    assert client.head(PATH).status_code == 200
    assert client.get(PATH, {"before": 2**63 - 1}).status_code == 200

    assert selectors.unread_count(ada.pk) == 1


def test_nobody_sees_what_others_are_notified_of(client, ada, wren, deliver, make_account):
    for number, account in enumerate((ada, wren, make_account(shard="shard0"))):
        rook = make_account(f"rook{number}")
        follows.follow(follower_id=rook.pk, followed_id=account.pk)
    deliver()
    mine = Notification.objects.get(account_id=ada.pk).pk
    others = [row.pk for row in Notification.objects.scatter() if row.account_id != ada.pk]

    pages = [client.get(PATH), *(client.get(PATH, {"before": pk + 1}) for pk in others)]
    pages.append(client.get(PATH, {"account": wren.pk, "account_id": wren.pk}))

    assert {pk for page in pages for pk, _ in shown(page)} == {mine}
    assert not any("rook1" in page.text or "rook2" in page.text for page in pages)


def test_pages_follow_each_other_without_gap_or_double(client, ada, deliver, make_account):
    post = posts.publish(author_id=ada.pk, text="x")
    actors = [make_account() for _ in range(15)]
    for actor in actors:
        follows.follow(follower_id=actor.pk, followed_id=ada.pk)
        posts.like(account_id=actor.pk, post_id=post.pk)
        posts.repost(author_id=actor.pk, post_id=post.pk)
    deliver()
    every = sorted((row.pk for row in Notification.objects.filter(account_id=ada.pk)), reverse=True)

    found, query = [], {}
    while query is not None:
        answer = client.get(PATH, query)
        found.append([pk for pk, _ in shown(answer)])
        cursor = answer.context["page"].next_cursor
        assert (f'href="?before={cursor}"' in answer.text) is (cursor is not None)
        query = {"before": cursor} if cursor else None

    assert [len(page) for page in found] == [20, 20, 5]
    assert [pk for page in found for pk in page] == every


def test_a_wrong_cursor_is_a_page_that_is_not_there(client, ada):
    assert client.get(PATH, {"before": "x"}).status_code == 404


def test_what_is_gone_is_left_out_and_does_not_stay_unread(client, ada, wren, deliver):
    post = posts.publish(author_id=ada.pk, text="x")
    posts.like(account_id=wren.pk, post_id=post.pk)
    deliver()
    posts.delete(post_id=post.pk)  # and its event is not delivered yet

    assert shown(client.get(PATH)) == []

    assert selectors.unread_count(ada.pk) == 0


@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.parametrize("actors", [2, 20])
def test_a_page_that_was_seen_takes_one_query(
    client, ada, deliver, make_account, count_queries, actors
):
    post = posts.publish(author_id=ada.pk, text="x")
    for number in range(actors):
        actor = make_account(shard=f"shard{number % 2}")
        posts.publish(author_id=actor.pk, text="re", in_reply_to_id=post.pk)
        posts.like(account_id=actor.pk, post_id=post.pk)
    deliver()
    for _ in range(2):  # the first marks as seen, the second counts the badge
        client.get(PATH)

    with count_queries() as queries:
        answer = client.get(PATH)

    assert len(shown(answer)) == min(20, 2 * actors)
    assert len(queries) == 1, queries


def test_with_the_primary_away_the_page_is_shown_and_stays_unread(
    client, ada, wren, deliver, monkeypatch
):
    from django.db import OperationalError

    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    deliver()

    def away(**_):
        raise OperationalError("gone")

    monkeypatch.setattr("apps.notifications.services.see", away)
    assert [mark for _, mark in shown(client.get(PATH))] == [True]
    monkeypatch.undo()

    assert [mark for _, mark in shown(client.get(PATH))] == [True]
