import asyncio
import json

import pytest
from asgiref.sync import sync_to_async

from apps.accounts.models import Account
from apps.events import dispatch
from apps.events.models import Event
from apps.follows import services as follows
from apps.posts import services as posts
from apps.posts.models import Post
from apps.push import hub, limits, listeners, missed, telling
from apps.push.tests.conftest import Browser, _sign_in
from apps.sharding import ids
from apps.sharding.conf import conf

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def publish(deliver):
    """Return a coroutine function that publishes posts and delivers their events."""

    def now(author, *texts):
        made = [posts.publish(author_id=author.pk, text=text) for text in texts]
        deliver()
        return [str(post.pk) for post in made]

    return sync_to_async(now)


def last_event():
    return max(
        pk
        for shard in conf().shards
        for pk in Event.objects.using(shard).values_list("id", flat=True)
    )


def test_who_listens_is_told(browsing, play, make_account, publish):
    author = make_account(shard="shard1")

    async def scene():
        async with browsing() as browser:
            assert await browser.subscribe("public") == [{"type": "subscribed", "topic": "public"}]
            (post_id,) = await publish(author, "hello")
            return post_id, await browser.hear()

    post_id, heard = play(scene)

    assert heard["type"] == "event"
    assert heard["topic"] == "public"
    assert heard["data"] == {"post_id": post_id}
    assert int(heard["id"]) > 0


def test_a_page_of_another_site_is_refused(play):
    async def scene():
        return await Browser(origin="https://evil.example").open()

    assert play(scene)["type"] == "websocket.close"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("secrets", "There is no topic “secrets”. The topics are listed at /topics."),
        ("home", "Sign in to subscribe to “home”."),
        ("public:7", "Ask for “public” alone."),
        ("post:x", "“x” is not a number from 1 on."),
        ("post:0", "“0” is not a number from 1 on."),
        (7, "There is no topic “7”. The topics are listed at /topics."),
    ],
)
def test_a_subscription_is_refused_with_a_reason(browsing, play, label, reason):
    async def scene():
        async with browsing() as browser:
            return await browser.subscribe(label)

    assert play(scene) == [{"type": "refused", "topic": label, "reason": reason}]


def test_a_home_timeline_hears_of_those_followed_and_of_no_others(
    browsing, play, make_account, publish, deliver
):
    me, friend, stranger = (make_account(shard=f"shard{n % 2}") for n in range(3))
    follows.follow(follower_id=me.pk, followed_id=friend.pk)
    deliver()

    async def scene():
        async with browsing(me) as browser:
            await browser.subscribe("home")
            await publish(stranger, "not for me")
            (theirs,) = await publish(friend, "for me")
            (mine,) = await publish(me, "by me")
            heard = [await browser.hear(), await browser.hear()]
            return [theirs, mine], [message["data"]["post_id"] for message in heard]

    expected, heard = play(scene)
    assert heard == expected


def test_a_follow_changes_what_an_open_connection_hears(
    browsing, play, make_account, publish, deliver
):
    me, other = make_account(shard="shard0"), make_account(shard="shard1")

    def turn(verb):
        verb(follower_id=me.pk, followed_id=other.pk)
        deliver()

    async def heard_keys(count):
        places = hub.current()._places
        while sum(len(interest.keys) for interest in places.values()) != count:
            await asyncio.sleep(0.01)

    async def scene():
        async with browsing(me) as browser:
            await browser.subscribe("home")
            await sync_to_async(turn)(follows.follow)
            await heard_keys(2)
            (post_id,) = await publish(other, "now")
            heard = await browser.hear()
            await sync_to_async(turn)(follows.unfollow)
            await heard_keys(1)
            await publish(other, "no more")
            return post_id, heard["data"]["post_id"], await browser.nothing()

    post_id, heard, nothing = play(scene)
    assert heard == post_id
    assert nothing


def test_what_was_missed_comes_before_what_is_new_each_once(browsing, play, make_account, publish):
    author, other = make_account(shard="shard0"), make_account(shard="shard1")

    async def scene():
        async with browsing() as browser:
            await browser.subscribe("public")
            await publish(author, "seen")
            seen = await browser.hear()
        missed_ids = [*await publish(author, "1", "2"), *await publish(other, "3")]
        async with browsing() as browser:
            await browser.say("resume", topics=["public"], after=seen["id"])
            heard = [await browser.hear()]
            while heard[-1]["type"] != "resumed":
                heard.append(await browser.hear())
            (new,) = await publish(other, "new")
            heard.append(await browser.hear())
        return seen, missed_ids, new, heard

    seen, missed_ids, new, heard = play(scene)

    told = {m["id"]: m["data"]["post_id"] for m in heard if m["type"] == "event"}
    assert len(told) == sum(m["type"] == "event" for m in heard)
    told.pop(seen["id"], None)
    assert list(told.values()) == [*missed_ids, new]


def test_an_event_that_is_finished_late_is_not_missed(
    browsing, play, make_account, publish, deliver, monkeypatch
):
    """Its id is older than the place that the browser resumes from by more than the margin."""
    author = make_account(shard="shard0")
    late = posts.publish(author_id=author.pk, text="late")
    place = ids.compose(ids.tick_at(ids.time_of(late.pk)) + 60_000 * ids.SEQUENCES, 0)
    monkeypatch.setattr(missed, "MARGIN", -missed.MARGIN)
    with_clock(author, "UPDATE events_event SET finished_at = now() + interval '2 minutes'")

    async def scene():
        async with browsing() as browser:
            await browser.say("resume", topics=["public"], after=str(place))
            return [await browser.hear() for _ in range(3)]

    heard = play(scene)
    assert heard[1]["data"] == {"post_id": str(late.pk)}


def with_clock(author, sql):
    from django.db import connections

    from apps.sharding import directory

    dispatch.drain(directory.shard_of_id(author.pk))
    with connections[directory.shard_of_id(author.pk)].cursor() as cursor:
        cursor.execute(sql)


def test_a_post_deleted_meanwhile_is_not_told_to_who_missed_it(
    browsing, play, make_account, publish, deliver
):
    author = make_account()

    def delete(post_id):
        posts.delete(post_id=int(post_id))
        deliver()

    async def scene():
        kept, gone = await publish(author, "kept", "gone")
        await sync_to_async(delete)(gone)
        async with browsing() as browser:
            await browser.say("resume", topics=["public"], after=kept)
            heard = [await browser.hear() for _ in range(3)]
        return kept, heard

    kept, heard = play(scene)
    assert [m.get("data") for m in heard] == [None, {"post_id": kept}, None]
    assert heard[2] == {"type": "resumed", "events": 1}


def test_who_may_no_longer_sign_in_is_told_nothing_more(browsing, play, make_account, publish):
    me, author = make_account(), make_account()
    block = sync_to_async(Account.objects.filter(pk=me.pk).update)

    async def scene():
        async with browsing(me) as browser:
            await browser.subscribe("home")
            await block(is_active=False)
            (place,) = await publish(author, "x")
            await browser.say("resume", topics=["home"], after=place)
            return await browser.hear()

    assert play(scene) == (4401, "You are signed out here. Load the page again.")


def test_what_is_no_longer_kept_is_one_reset(browsing, play):
    async def scene():
        async with browsing() as browser:
            await browser.say("resume", topics=["public"], after="1")
            return [await browser.hear(), await browser.hear()]

    subscribed, reset = play(scene)
    assert subscribed["type"] == "subscribed"
    reason = "What you missed is no longer kept."
    assert reset == {"type": "reset", "topics": ["public"], "reason": reason}


def test_too_much_to_be_told_is_one_reset(browsing, play, make_account, publish, monkeypatch):
    monkeypatch.setattr(missed, "MOST", 3)
    author = make_account()

    async def scene():
        (place,) = await publish(author, "0")
        await publish(author, *"1234")
        async with browsing() as browser:
            await browser.say("resume", topics=["public"], after=place)
            heard = [await browser.hear(), await browser.hear()]
            (new,) = await publish(author, "new")
            return heard[1], new, await browser.hear()

    reset, new, after = play(scene)
    assert (reset["type"], reset["topics"]) == ("reset", ["public"])
    assert after["data"] == {"post_id": new}


def test_what_the_channel_layer_loses_is_found_in_the_log(
    browsing, play, make_account, publish, monkeypatch
):
    monkeypatch.setattr(hub, "EVERY_SECONDS", 0.2)
    author = make_account()

    async def scene():
        async with browsing() as browser:
            await browser.subscribe("public")
            with monkeypatch.context() as broken:
                broken.setattr(telling, "GROUP", "nobody")
                lost = await publish(author, "1", "2", "3")
            heard = [await browser.hear() for _ in range(3)]
            return lost, [m["data"]["post_id"] for m in heard], await browser.nothing()

    lost, heard, nothing = play(scene)
    assert sorted(heard) == sorted(lost)
    assert nothing


def test_unsubscribed_means_not_told(browsing, play, make_account, publish):
    author = make_account()

    async def scene():
        async with browsing() as browser:
            await browser.subscribe("public")
            await browser.say("unsubscribe", topics=["public"])
            answer = await browser.hear()
            await publish(author, "x")
            return answer, await browser.nothing(), dict(hub.current()._interest)

    answer, nothing, interest = play(scene)
    assert answer == {"type": "unsubscribed", "topic": "public"}
    assert nothing
    assert interest == {}


def test_a_closed_connection_leaves_nothing_behind(browsing, play, make_account):
    me = make_account()

    async def scene():
        async with browsing(me) as browser:
            await browser.subscribe("public", "home")
        return dict(hub.current()._interest), dict(hub.current()._places)

    assert play(scene) == ({}, {})


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"do": "dance"}', '{"do": ["subscribe"]}', "7", "[" * 4000]
)
def test_a_message_that_makes_no_sense_is_answered_with_what_does(browsing, play, text):
    async def scene():
        async with browsing() as browser:
            await browser.send(text)
            return await browser.hear()

    reason = "Send JSON with a “do”: subscribe, resume, unsubscribe or ping."
    assert play(scene) == {"type": "error", "reason": reason}


@pytest.mark.parametrize("after", [None, "x", -1, "9" * 30, {}, 1.5, "²"])
def test_a_place_that_is_none_is_refused(browsing, play, after):
    async def scene():
        async with browsing() as browser:
            await browser.say("resume", topics=["public"], after=after)
            return await browser.hear()

    assert play(scene)["type"] == "error"


@pytest.mark.parametrize("labels", [None, "public", [], ["public"] * 51])
def test_topics_are_a_short_list(browsing, play, labels):
    async def scene():
        async with browsing() as browser:
            await browser.say("subscribe", topics=labels)
            return await browser.hear()

    reason = "Say which topics: a list of 1 to 50 names."
    assert play(scene) == {"type": "error", "reason": reason}


def test_too_large_a_message_ends_the_connection(browsing, play):
    async def scene():
        async with browsing() as browser:
            await browser.send("x" * (limits.LARGEST_MESSAGE + 1))
            return await browser.hear()

    assert play(scene)[0] == 4400


def test_too_many_messages_end_the_connection(browsing, play):
    async def scene():
        async with browsing() as browser:
            for _ in range(int(limits.BURST) + 1):
                await browser.say("ping")
            return [await browser.hear() for _ in range(int(limits.BURST) + 1)]

    *answers, end = play(scene)
    assert answers == [{"type": "pong"}] * int(limits.BURST)
    assert end[0] == 4429


def test_an_allowance_fills_up_again():
    allowance = limits.Allowance(at=0.0)
    assert sum(allowance.take(0.0) for _ in range(50)) == limits.BURST

    assert not allowance.take(0.4)
    assert allowance.take(1.0)
    assert sum(allowance.take(1000.0) for _ in range(50)) == limits.BURST


def test_a_slow_reader_is_cut_with_a_place_to_resume_from(play):
    from apps.push import topics

    public = topics.Subscription(topics.named("public"), 0)

    async def scene():
        listener = listeners.Listener(0)
        for number in range(1, 4):
            listener.offer(public, number, {})
        listener.given(await listener.next())
        for number in range(4, 4 + listeners.MOST_WAITING):
            listener.offer(public, number, {})
        for number in range(1000, 9000):
            listener.offer(public, number, {})
        with pytest.raises(listeners.TooSlow) as slow:
            await listener.next()
        return slow.value.place, len(listener)

    place, waiting = play(scene)
    assert place == 1
    assert waiting <= listeners.MOST_WAITING


def test_a_browser_that_does_not_read_gets_a_place_in_its_close(
    browsing, play, make_account, publish, monkeypatch
):
    monkeypatch.setattr(listeners, "MOST_WAITING", 5)
    author = make_account()

    async def scene():
        async with browsing() as browser:
            await browser.subscribe("public")
            await publish(author, "0")
            place = (await browser.hear())["id"]
            told = telling.Told(0, "x", 1, {"public": {}})
            hub.current().hand_on(told._replace(event_id=number) for number in range(1, 50))
            return place, await browser.hear()

    place, (code, reason) = play(scene)
    assert code == 4408
    assert json.loads(reason) == {"resume": place}
    assert Post.objects.scatter().count() == 1


def test_a_session_that_ends_closes_the_connection_at_its_next_check(
    browsing, play, make_account, monkeypatch
):
    from apps.push import sockets

    me = make_account()

    async def scene():
        async with browsing(me) as browser:
            first = await browser.nothing()
            await sync_to_async(me.set_password)("another good password")
            await sync_to_async(me.save)()
            second = await browser.nothing()
            monkeypatch.setattr(sockets, "CHECK_SECONDS", 0)
            await browser.say("ping")
            return first, second, await browser.hear()

    first, second, end = play(scene)
    assert first
    assert second
    assert end[0] == 4401


def test_an_account_is_found_by_its_session_only(make_account):
    from apps.push import visitors

    me = make_account()

    assert visitors.account_in(_sign_in(me)) == me.pk
    assert visitors.account_in("") == 0
    assert visitors.account_in("rookery_session=forged; x") == 0


def test_with_the_channel_layer_away_the_caller_goes_on(settings):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }

    assert telling.tell("shard0", []) is False
