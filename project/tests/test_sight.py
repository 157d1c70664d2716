"""What is not for everybody is found by nobody else: each row of the tables is a way in.

A new address or topic has its row there, so it is tried here too.
"""

import json
from collections import defaultdict

import pytest
from django.core.cache import cache
from django.urls import reverse

from apps.accounts.models import Account
from apps.events import registry
from apps.events.announcements import Announced
from apps.events.models import Event
from apps.follows import services as follows
from apps.posts import edits
from apps.posts import services as posts
from apps.posts.errors import NoSuchPost, NotForAll
from apps.posts.kinds import Audience
from apps.posts.models import Post
from apps.push import topics
from apps.sharding.conf import conf
from project.tests import permissions
from project.tests.permissions_api import API
from project.tests.test_permissions import _token, answer

pytestmark = pytest.mark.django_db(databases="__all__")
ROWS = [row for row in (*permissions.ROWS, *API) if row.method == "GET"]
# In the text of what is for followers, for who is named, and of who is blocked.
FOLLOWERS, NAMED, BLOCKED = SECRETS = ("zugvogel", "nachtfalter", "eisvogel")


class World:
    """Ada writes for her followers (wren) and for who is named (finch); crow is blocked by jay."""

    def __init__(self, make_account):
        self.ada = make_account("ada", shard="shard1")
        self.wren, self.finch = make_account("wren"), make_account("finch", shard="shard0")
        self.crow, self.jay = make_account("crow", shard="shard0"), make_account("jay")
        follows.follow(follower_id=self.wren.pk, followed_id=self.ada.pk)
        follows.follow(follower_id=self.crow.pk, followed_id=self.jay.pk)
        self.open = posts.publish(author_id=self.ada.pk, text="ada rooks #rooks").pk
        self.closed = {
            FOLLOWERS: self.write(Audience.FOLLOWERS, f"{FOLLOWERS} ada rooks #rooks"),
            NAMED: self.write(Audience.NAMED, f"{NAMED} ada rooks #rooks @finch"),
        }
        self.answer = posts.publish(
            author_id=self.wren.pk,
            text=f"{FOLLOWERS} answered",
            in_reply_to_id=self.closed[FOLLOWERS],
            audience=Audience.NAMED,
        ).pk
        self.blocked = posts.publish(author_id=self.jay.pk, text=f"{BLOCKED} rooks #rooks").pk

    def write(self, audience, text):
        return posts.publish(author_id=self.ada.pk, text=text, audience=audience).pk

    def paths(self, row, post_id):
        """What a row asks for, about a post and its author."""
        known = {"post": post_id, "ada": self.ada.pk, "wren": self.wren.pk}
        path = row.path.format_map(defaultdict(lambda: 1, known))
        return {path, path.replace("ada", "jay").replace(str(self.ada.pk), str(self.jay.pk))}


@pytest.fixture
def world(make_account, deliver, client):
    made = World(make_account)
    client.force_login(made.jay)
    client.post(reverse("moderation:person", args=["crow"]), {"do": "block"})
    client.logout()
    deliver()
    cache.clear()
    return made


def found_by(client, account, world, secret, post_id):
    """The rows in whose answers a secret is."""
    if account is not None:
        client.force_login(account)
        client.token = _token(account)
    found = set()
    for row in ROWS:
        for path in world.paths(row, post_id):
            got = answer(client, row, path, {})
            body = b"".join(got) if got.streaming else got.content
            if secret in body.decode(errors="replace"):
                found.add(row.route)
    return found


@pytest.mark.parametrize("secret", [FOLLOWERS, NAMED])
def test_who_is_not_meant_finds_it_nowhere(world, client, secret):
    ids = [world.closed[secret], *([world.answer] if secret == FOLLOWERS else [])]
    others = {"nobody": None, "a stranger": world.crow}
    if secret == NAMED:
        others["a follower"] = world.wren

    for who, account in others.items():
        for post_id in ids:
            assert found_by(client, account, world, secret, post_id) == set(), who
        client.logout()
        client.token = ""


@pytest.mark.parametrize(
    ("secret", "who", "there"),
    [
        (FOLLOWERS, "wren", {"@<str:username>", "api/v1/timelines/home"}),
        (FOLLOWERS, "ada", {"@<str:username>", "notifications"}),
        (NAMED, "finch", {"@<str:username>", "notifications"}),
        (NAMED, "ada", {"@<str:username>"}),
    ],
)
def test_who_is_meant_finds_it(world, client, secret, who, there):
    account = getattr(world, who)

    found = found_by(client, account, world, secret, world.closed[secret])

    always = {
        "@<str:username>/<int:post_id>",
        "api/v1/statuses/<snowflake:status_id>",
        "api/v1/accounts/<snowflake:account_id>/statuses",
    }
    assert always | there <= found


def test_who_is_blocked_finds_nothing_of_who_blocks(world, client):
    found = found_by(client, world.crow, world, BLOCKED, world.blocked)

    # Feeds are the same for everybody: they know nobody's session.
    assert {route for route in found if "feed" not in route} == set()


@pytest.mark.parametrize("who", ["crow", "wren", None])
def test_no_topic_tells_others_of_it(world, who):
    account_id = getattr(world, who).pk if who else 0
    closed = {str(pk) for pk in (*world.closed.values(), world.answer)}
    if who == "wren":
        closed = {str(world.closed[NAMED])}
    for pk in world.closed.values():
        edits.edit(post_id=pk, by=world.ada.pk, text="other words")
    for pk in (world.answer, world.closed[NAMED]):
        posts.delete(post_id=pk)
    told = [
        Announced(row.pk, registry.restore(row.topic, row.payload))
        for shard in conf().shards
        for row in Event.objects.using(shard).order_by("id")
    ]

    for name, topic in topics._topics.items():
        for argument in map(int, closed) if topic.takes_argument else (0,):
            if (topic.needs_account and not who) or not topic.may(account_id):
                continue
            keys = set(topic.keys(account_id, argument))
            heard = [
                one
                for one in told
                if type(one.event) in topic.events
                and (topics.EVERY in keys or one.event.key in keys)
            ]
            said = json.dumps(topic.messages(heard), default=str)
            assert not any(pk in said for pk in closed), (name, argument)


def test_only_who_sees_it_likes_or_answers_it_and_nobody_reposts_it(world):
    post_id = world.closed[FOLLOWERS]

    posts.like(account_id=world.wren.pk, post_id=post_id)
    for verb in (
        lambda: posts.like(account_id=world.crow.pk, post_id=post_id),
        lambda: posts.publish(author_id=world.crow.pk, text="x", in_reply_to_id=post_id),
        lambda: posts.repost(author_id=world.crow.pk, post_id=post_id),
    ):
        with pytest.raises(NoSuchPost):
            verb()
    with pytest.raises(NotForAll):
        posts.repost(author_id=world.wren.pk, post_id=post_id)


def test_the_composer_says_for_whom_it_is(client, make_account):
    ada = make_account("ada")
    client.force_login(ada)

    assert 'name="audience"' in client.get("/posts/new").text
    client.post("/posts/", {"text": "among us", "audience": "1"})

    post = Post.objects.get(author_id=ada.pk)
    assert post.audience == Audience.FOLLOWERS
    assert "Followers" in client.get(f"/@ada/{post.pk}").text
    assert Account.objects.count() == 1
