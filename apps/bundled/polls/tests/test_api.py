"""Polls in apps, as Mastodon has them."""

import pytest

from apps.bundled.polls import services
from apps.bundled.polls.models import Poll
from apps.plugins import switches
from apps.posts.kinds import Audience
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")
DRINKS = {"options": ["tea", "coffee"], "expires_in": 3600}


def test_an_app_asks_votes_and_reads(ask, ada, wren):
    status = ask(ada, "POST", "/api/v1/statuses", status="?", poll=DRINKS).json()
    path = f"/api/v1/polls/{status['poll']['id']}"

    voted = ask(wren, "POST", f"{path}/votes", choices=[1]).json()

    assert status["poll"]["voted"] is True  # as Mastodon has it: who asks sees the counts
    assert {key: voted[key] for key in voted if key not in ("id", "expires_at")} == {
        "expired": False,
        "multiple": False,
        "votes_count": 1,
        "voters_count": 1,
        "options": [
            {"title": "tea", "votes_count": 0},
            {"title": "coffee", "votes_count": 1},
        ],
        "emojis": [],
        "voted": True,
        "own_votes": [1],
    }
    assert ask(wren, "GET", path).json() == voted
    assert ask(wren, "GET", f"/api/v1/statuses/{status['id']}").json()["poll"] == voted
    assert "voted" not in ask(None, "GET", path).json()


def test_what_mastodon_refuses_is_refused_in_its_words(ask, asks, ada, wren, ended):
    post, over = asks(ada), asks(ada)
    ended(over)
    said = []
    for account, poll, choices in [
        (wren, post, [7]),
        (wren, post, ["x"]),
        (ada, post, [0]),
        (wren, over, [0]),
        (wren, post, [0]),
        (wren, post, [0]),
    ]:
        answer = ask(account, "POST", f"/api/v1/polls/{poll.pk}/votes", choices=choices)
        said.append((answer.status_code, answer.json().get("error")))

    assert said == [
        (422, "Validation failed: The chosen vote option does not exist"),
        (422, "Validation failed: The chosen vote option does not exist"),
        (422, "Validation failed: You cannot vote in your own polls"),
        (422, "Validation failed: The poll has already ended"),
        (200, None),
        (422, "Validation failed: You have already voted on this poll"),
    ]


@pytest.mark.parametrize(
    ("poll", "said"),
    [
        ({"options": ["a"], "expires_in": 3600}, "more than one item"),
        ({"options": list("abcde"), "expires_in": 3600}, "more than 4 items"),
        ({"options": ["a", "b"], "expires_in": 10}, "too soon"),
        ({"options": ["a", "b"]}, "too soon"),
    ],
)
def test_what_cannot_be_a_poll_is_not_published(ask, ada, poll, said):
    answer = ask(ada, "POST", "/api/v1/statuses", status="?", poll=poll)

    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert Post.objects.scatter().count() == 0


def test_what_a_stranger_does_not_see_has_no_poll_for_him(ask, asks, ada, wren):
    post = asks(ada, audience=Audience.FOLLOWERS)

    assert ask(wren, "GET", f"/api/v1/polls/{post.pk}").status_code == 404
    answer = ask(wren, "POST", f"/api/v1/polls/{post.pk}/votes", choices=[0])
    assert answer.status_code == 404


def test_a_post_without_a_poll_has_none(ask, ada):
    status = ask(ada, "POST", "/api/v1/statuses", status="plain").json()

    assert status["poll"] is None
    assert ask(ada, "GET", f"/api/v1/polls/{status['id']}").status_code == 404


def test_a_repost_carries_the_poll(ask, asks, ada, wren):
    post = asks(ada)
    services.vote(post_id=post.pk, account_id=wren.pk, choices=[2])

    repost = ask(wren, "POST", f"/api/v1/statuses/{post.pk}/reblog").json()

    assert (repost["poll"], repost["reblog"]["poll"]["own_votes"]) == (None, [2])


def test_the_limits_are_told_and_without_the_plugin_there_are_no_polls(ask, asks, ada):
    post = asks(ada)
    told = ask(None, "GET", "/api/v2/instance").json()["configuration"]["polls"]
    assert (told["max_options"], told["max_characters_per_option"]) == (4, 50)
    assert (told["min_expiration"], told["max_expiration"]) == (300, 2_592_000)

    switches.assume({"polls": switches.Standing("off", 1)})

    told = ask(None, "GET", "/api/v2/instance").json()["configuration"]["polls"]
    assert set(told.values()) == {0}
    refused = ask(ada, "POST", "/api/v1/statuses", status="?", poll=DRINKS)
    assert (refused.status_code, "no polls" in refused.json()["error"]) == (422, True)
    assert ask(ada, "GET", f"/api/v1/statuses/{post.pk}").json()["poll"] is None
    assert ask(ada, "GET", f"/api/v1/polls/{post.pk}").status_code == 404
    assert Poll.objects.filter(post_id=post.pk).exists()
