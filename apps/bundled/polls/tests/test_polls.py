"""Asking, voting and counting."""

import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone

from apps.accounts import selectors as accounts
from apps.accounts.errors import NotAllowed
from apps.archives import writer
from apps.bundled.polls import cards, selectors, services
from apps.bundled.polls.errors import (
    AlreadyVoted,
    NoSuchOption,
    NothingChosen,
    OwnPoll,
    PollOver,
)
from apps.bundled.polls.models import Poll, Tally, Vote
from apps.erasure import services as erasure
from apps.follows import services as follows
from apps.plugins import switches
from apps.plugins.models import Fault
from apps.posts import cards as post_cards
from apps.posts import edits
from apps.posts import services as posts
from apps.posts.errors import NoSuchPost
from apps.posts.kinds import Audience
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")


def counts(post):
    return selectors.counts([post.pk]).get(post.pk)


def vote(account, post, *choices):
    services.vote(post_id=post.pk, account_id=account.pk, choices=choices)


def off():
    switches.assume({"polls": switches.Standing("off", 1)})


def test_votes_from_two_shards_are_counted_where_the_post_is(asks, ada, wren, make_account):
    post = asks(ada)

    vote(wren, post, 0)
    vote(make_account(shard="shard1"), post, 0)
    vote(make_account(shard="shard0"), post, 2)

    assert counts(post) == (3, 2, 0, 1, 0)
    assert selectors.votes_of([post.pk], wren.pk) == {post.pk: 0b001}
    assert Vote.objects.using("shard1").count() == 3


def test_of_several_options_each_is_counted(asks, ada, wren):
    post = asks(ada, multiple=True)

    vote(wren, post, 0, 2)

    assert counts(post) == (1, 1, 0, 1, 0)


def test_what_is_no_vote_is_refused_and_counts_nothing(asks, ada, wren, ended):
    post = asks(ada)

    for account, choices, refusal in [
        (wren, (), NothingChosen),
        (wren, (3,), NoSuchOption),
        (wren, (-1,), NoSuchOption),
        (wren, (0, 1), NoSuchOption),
        (ada, (0,), OwnPoll),
    ]:
        with pytest.raises(refusal):
            vote(account, post, *choices)
    vote(wren, post, 0)
    with pytest.raises(AlreadyVoted):
        vote(wren, post, 1)

    assert counts(post) == (1, 1, 0, 0, 0)


def test_after_the_end_nobody_votes(asks, ada, wren, ended):
    post = asks(ada)
    ended(post)

    with pytest.raises(PollOver):
        vote(wren, post, 0)

    assert Vote.objects.filter(poll_id=post.pk).count() == 0


def test_who_does_not_see_the_post_or_is_blocked_does_not_vote(
    client, asks, ada, wren, make_account
):
    follower = make_account()
    follows.follow(follower_id=follower.pk, followed_id=ada.pk)
    closed, opened = asks(ada, audience=Audience.FOLLOWERS), asks(ada)
    client.force_login(ada)
    client.post("/moderation/people/wren", {"do": "block"})

    vote(follower, closed, 1)
    with pytest.raises(NoSuchPost):
        vote(wren, closed, 1)
    with pytest.raises(NotAllowed):
        vote(wren, opened, 1)

    assert (counts(closed), counts(opened)) == ((1, 0, 1, 0, 0), None)


def test_a_poll_is_stored_with_its_post_or_not_at_all(asks, ada, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("outbox")

    with monkeypatch.context() as broken:
        broken.setattr("apps.posts.services.outbox.record", fail)
        with pytest.raises(RuntimeError):
            asks(ada)

    assert (Post.objects.using("shard1").count(), Poll.objects.using("shard1").count()) == (0, 0)


def test_when_the_plugin_fails_the_post_is_out_without_a_poll(asks, ada, monkeypatch):
    monkeypatch.setattr(services, "make", lambda **_: 1 / 0)

    post = asks(ada)

    assert Post.objects.filter(id=post.pk).exists()
    assert not Poll.objects.filter(post_id=post.pk).exists()
    assert Fault.objects.filter(plugin="polls").exists()


def test_what_is_sent_twice_under_a_key_is_one_poll(asks, ada):
    one, two = asks(ada, key="a-key-of-a-form"), asks(ada, key="a-key-of-a-form")

    assert one.pk == two.pk
    assert Poll.objects.using("shard1").count() == 1


def test_an_edit_leaves_the_poll_as_it_is(asks, ada, wren):
    post = asks(ada)
    vote(wren, post, 0)

    edits.edit(post_id=post.pk, by=ada.pk, text="what else?")

    assert selectors.asked([post.pk])[post.pk].titles == ("tea", "coffee", "water")
    assert counts(post) == (1, 1, 0, 0, 0)


def test_with_the_post_its_poll_goes(asks, ada, wren, deliver):
    post, other = asks(ada), asks(ada)
    vote(wren, post, 0)
    vote(wren, other, 0)

    posts.delete(post_id=post.pk, by=ada.pk)
    deliver()

    assert [row.pk for row in Poll.objects.using("shard1")] == [other.pk]
    assert [row.poll_id for row in Vote.objects.using("shard1")] == [other.pk]
    assert {row.owner_id for row in Tally.objects.using("shard1")} == {other.pk}


def test_with_an_account_its_votes_and_polls_go(asks, ada, wren, make_account, deliver):
    hers, post = asks(wren), asks(ada)
    vote(ada, hers, 1)
    vote(wren, post, 0)
    vote(make_account(), post, 0)

    deletion = erasure.ask(username="wren")
    while not erasure.work(deletion.pk):
        deliver()
    deliver()

    assert counts(post) == (1, 1, 0, 0, 0)
    assert list(Vote.objects.using("shard0")) == []
    assert list(Poll.objects.using("shard0")) == []
    assert not Vote.objects.using("shard1").filter(account_id=wren.pk).exists()


def test_an_archive_has_the_poll_as_mastodons_do(asks, ada, wren, ended):
    post, plain = asks(ada, ("tea", "coffee")), posts.publish(author_id=ada.pk, text="plain")
    vote(wren, post, 1)
    ended(post)
    file = BytesIO()

    writer.write(accounts.cards_of([ada.pk])[ada.pk], file, lambda _: None)

    with zipfile.ZipFile(file) as archive:
        items = json.loads(archive.read("outbox.json"))["orderedItems"]
    question, note = (item["object"] for item in items)
    assert (question["type"], note["type"]) == ("Question", "Note")
    assert question["content"] == "<p>what to drink?</p>"
    assert [(o["name"], o["replies"]["totalItems"]) for o in question["oneOf"]] == [
        ("tea", 0),
        ("coffee", 1),
    ]
    assert question["endTime"] == question["closed"]
    assert question["votersCount"] == 1
    assert str(plain.pk) in note["id"]


def test_switched_off_nothing_of_polls_is_shown_or_kept(asks, ada, client):
    post = asks(ada)
    off()

    client.force_login(ada)
    later = asks(ada)

    page = client.get(f"/@ada/{post.pk}").text
    assert "poll" not in page.replace("polls", "")
    assert client.get(f"/polls/{post.pk}").status_code == 404
    assert not Poll.objects.filter(post_id=later.pk).exists()


def test_a_poll_ends_when_it_was_said(asks, ada):
    post = asks(ada)

    left = Poll.objects.get(post_id=post.pk).ends_at - timezone.now()

    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_a_list_asks_each_shard_for_polls_counts_and_ones_own_votes_and_else_nothing(
    asks, ada, wren, make_account, count_queries
):
    asked = [asks(account).pk for account in (ada, ada, wren, wren)]
    plain = [posts.publish(author_id=account.pk, text="plain").pk for account in (ada, wren)]
    viewer_id = make_account().pk
    with_polls = post_cards.cards(asked + plain, viewer_id=viewer_id)
    without = post_cards.cards(plain, viewer_id=viewer_id)

    with count_queries() as sent:
        found = cards.cards(with_polls, viewer_id)
    with count_queries() as nothing:
        cards.cards(without, viewer_id)

    assert found.keys() == set(asked)
    reads = [sql for sql in sent if "FROM" in sql]
    assert len(reads) == 2 * 3, reads
    assert nothing == []
