"""Each way in: what somebody does not see, is not there by any of them."""

import time

import pytest

from apps.accounts import sight
from apps.bundled.moderation import actions, relations, suspensions
from apps.bundled.moderation.kinds import Deed
from apps.follows import selectors as following
from apps.follows import services as follows
from apps.notifications import selectors as notifications
from apps.plugins import manager, switches
from apps.posts import services as posts
from apps.timelines.topics import Home, Public

pytestmark = pytest.mark.django_db(databases="__all__")

SAYING = "a rook upon a #rook"
# What a path shows of ada's post; {post} is hers, {reply} hers to one of wren's.
LISTS = ["/", "/public", "/tags/rook", "/@wren/{thread}", "/@robin"]
ITS_OWN = ["/@ada", "/@ada/{post}"]


@pytest.fixture
def robin(make_account):
    return make_account("robin", shard="shard0")


@pytest.fixture
def told(ada, wren, robin, deliver):
    """Ada's post is on every page that wren looks at."""
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    follows.follow(follower_id=ada.pk, followed_id=wren.pk)
    thread = posts.publish(author_id=wren.pk, text="what is black?")
    reply = posts.publish(author_id=ada.pk, text=f"{SAYING}, @wren", in_reply_to_id=thread.pk)
    post = posts.publish(author_id=ada.pk, text=SAYING)
    posts.repost(author_id=robin.pk, post_id=post.pk)
    posts.like(account_id=ada.pk, post_id=thread.pk)
    deliver()
    return {"thread": thread.pk, "reply": reply.pk, "post": post.pk}


def shown(client, paths, ids):
    """Return the paths on which a saying of ada's is."""
    return [path for path in paths if "a rook upon a" in client.get(path.format(**ids)).text]


def suspend(account, staff, **facts):
    actions.record(
        account_id=account.pk, by_id=staff.pk, deed=Deed.SUSPENDED, reason="enough", **facts
    )
    suspensions.align(account_id=account.pk)


def test_who_is_muted_is_seen_on_its_own_pages_alone(client, ada, wren, told, deliver):
    client.force_login(wren)
    assert shown(client, LISTS + ITS_OWN, told) == LISTS + ITS_OWN

    relations.mute(owner_id=wren.pk, other_id=ada.pk)

    assert shown(client, LISTS + ITS_OWN, told) == ITS_OWN
    assert notifications.page(wren.pk, before=None).items == []
    assert following.is_following(wren.pk, ada.pk)

    posts.publish(author_id=ada.pk, text="@wren again")
    deliver()
    assert notifications.unread_count(wren.pk) == 3  # the reply, the like, the follow of before

    relations.unmute(owner_id=wren.pk, other_id=ada.pk)
    assert shown(client, LISTS + ITS_OWN, told) == LISTS + ITS_OWN


@pytest.mark.parametrize("blocker", ["ada", "wren"])
def test_a_block_hides_both_ways_wherever_one_looks(
    client, ada, wren, told, deliver, blocker, monkeypatch
):
    owner, other = (ada, wren) if blocker == "ada" else (wren, ada)
    relations.block(owner_id=owner.pk, other_id=other.pk)

    client.force_login(wren)
    assert shown(client, LISTS + ITS_OWN, told) == []
    assert client.get(f"/@ada/{told['post']}").status_code == 404
    assert notifications.page(wren.pk, before=None).items == []
    client.force_login(ada)
    assert "what is black" not in client.get("/public").text
    client.logout()
    assert shown(client, ["/public", *ITS_OWN], told) == ["/public", *ITS_OWN]


def test_a_block_ends_follows_both_ways_and_what_was_told(ada, wren, told, deliver):
    relations.block(owner_id=wren.pk, other_id=ada.pk)
    deliver()

    assert not following.is_following(wren.pk, ada.pk)
    assert not following.is_following(ada.pk, wren.pk)
    assert following.counts(ada.pk) == {"following": 0, "followers": 0}
    assert notifications.unread_count(wren.pk) == 0
    actors = [card.actor.username for card in notifications.page(ada.pk, before=None).items]
    assert actors == ["robin"]

    relations.unblock(owner_id=wren.pk, other_id=ada.pk)
    assert sight.of(ada.pk).unseen == sight.of(wren.pk).unseen == frozenset()


def test_the_event_alone_makes_the_other_side_of_a_block(ada, wren, deliver, monkeypatch):
    with monkeypatch.context() as killed:
        killed.setattr(relations, "align", lambda **_: None)
        relations.block(owner_id=wren.pk, other_id=ada.pk)
    assert sight.of(ada.pk).shows(wren.pk)

    deliver()

    assert not sight.of(ada.pk).shows(wren.pk)


def test_push_tells_nobody_of_whom_he_does_not_see(ada, wren, told):
    assert ada.pk in Home().keys(wren.pk, 0)

    relations.mute(owner_id=wren.pk, other_id=ada.pk)

    assert ada.pk in Home().unheard(wren.pk)
    assert ada.pk in Public().unheard(wren.pk)
    assert ada.pk not in Public().unheard(0)


def test_who_is_suspended_is_seen_by_nobody_until_that_is_lifted(client, ada, wren, staff, told):
    suspend(ada, staff)
    paths = ["/public", "/tags/rook", "/@robin", *ITS_OWN]

    assert shown(client, paths, told) == []
    assert "This account is suspended" in client.get("/@ada").text
    assert "a rook upon" not in client.get("/@ada/feed.atom").text
    client.force_login(wren)
    assert shown(client, LISTS + ITS_OWN, told) == []

    suspensions.lift(account_id=ada.pk, by_id=staff.pk, reason="sorry")

    assert shown(client, LISTS + ITS_OWN, told) == LISTS + ITS_OWN


def test_off_all_is_seen_and_on_again_it_is_not(client, ada, wren, told):
    relations.block(owner_id=ada.pk, other_id=wren.pk)
    client.force_login(wren)

    switches.switch("moderation", "off")
    assert shown(client, ["/public", *ITS_OWN], told) == ["/public", *ITS_OWN]
    assert client.get("/moderation/people").status_code == 404
    assert "/moderation/" not in client.get("/public").text
    assert "/moderation/" not in client.get("/@ada").text
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)

    switches.switch("moderation", "on")
    assert shown(client, ["/public", *ITS_OWN], told) == []
    assert client.get("/@ada").text.count("Mute, block or report") == 1
    assert client.get("/moderation/people").status_code == 200


@pytest.mark.parametrize("fault", [ValueError, SystemExit, RecursionError])
def test_a_fault_shows_nobody_what_was_not_his(client, ada, wren, told, monkeypatch, fault):
    def fail(*_):
        raise fault

    monkeypatch.setattr(relations, "bonds", fail)
    client.force_login(wren)

    for _ in range(5):  # two more than quarantine a plugin
        page = client.get("/public")
        assert page.status_code == 200
        assert "a rook upon" not in page.text
        assert "what is black" in page.text  # her own
        assert "cannot be shown just now" in page.text
    assert client.get(f"/@ada/{told['post']}").status_code == 404
    answer = client.post("/posts/", {"text": "a draft", "in_reply_to": told["post"]})
    assert answer.status_code == 503
    assert "a draft" in answer.text
    assert client.post(f"/posts/{told['post']}/like").status_code == 503
    assert client.post("/@ada/follow").status_code == 503


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_one_that_hangs_shows_nobody_either_and_nobody_waits(client, ada, wren, told, monkeypatch):
    monkeypatch.setattr(relations, "bonds", lambda _: time.sleep(20))
    client.force_login(wren)

    begun = time.monotonic()
    page = client.get("/public")

    assert time.monotonic() - begun < 3
    assert page.status_code == 200
    assert "a rook upon" not in page.text
    assert "what is black" in page.text


def test_a_quarantined_plugin_still_protects_but_does_nothing_else(client, ada, wren, told):
    relations.block(owner_id=ada.pk, other_id=wren.pk)
    switches.quarantine_here("moderation")
    client.force_login(wren)

    assert "moderation" not in manager.plan().on
    assert shown(client, LISTS + ITS_OWN, told) == []
    assert "/moderation/" not in client.get("/public").text
    assert client.post("/@ada/follow").status_code == 403


def test_before_anybody_knows_what_is_on_everybody_is_protected(ada, wren, monkeypatch):
    relations.block(owner_id=ada.pk, other_id=wren.pk)
    monkeypatch.setattr(manager, "_plan", None)
    monkeypatch.setattr(switches, "refresh", lambda: False)

    assert not sight.of(wren.pk).shows(ada.pk)
    assert manager.plan().on == frozenset()


def test_a_page_asks_once_whom_its_viewer_does_not_see(client, wren, told, monkeypatch):
    asked = []
    monkeypatch.setattr(sight, "_ask", lambda viewer: asked.append(viewer) or sight.Sight(viewer))
    client.force_login(wren)

    client.get(f"/@wren/{told['thread']}")

    assert asked == [wren.pk]
