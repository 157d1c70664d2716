"""A page that one process made after a change, the others take in place of making it."""

import asyncio
import threading
from collections import Counter

import pytest

from apps.caching import memory, store
from apps.cluster import processes
from apps.edge import asks, sharing
from apps.edge.asgi import Edge
from apps.edge.tests.conftest import Browser
from apps.posts import services as posts
from apps.replication import positions

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def ada(make_account):
    account = make_account("ada", shard="shard0")
    posts.publish(author_id=account.pk, text="the first post")
    return account


@pytest.fixture
def second(edge, browse):
    """Another edge over the same threads and the same memory: what a second process would do."""
    runner = browse().runner
    other = Edge(edge.application, most_bytes=2**22)
    return lambda: Browser(other, runner)


def until(browser, path, text):
    """Ask until the page shows a text, and return the outcomes on the way."""
    answers = []

    def shown():
        answers.append(browser.get(path))
        return text in answers[-1].text

    assert processes.wait_for(shown, 5)
    return sum((answer.outcomes for answer in answers[1:]), answers[0].outcomes)


def both_know(kept, browse, second, path):
    kept(browse(), path)
    kept(second(), path)


def test_the_second_process_takes_what_the_first_made(ada, browse, second, kept):
    taken = Counter()
    for number in range(10):
        both_know(kept, browse, second, "/@ada")
        posts.publish(author_id=ada.pk, text=f"number {number}")
        assert until(browse(), "/@ada", f"number {number}")["made"]
        taken += until(second(), "/@ada", f"number {number}")

    # On a busy machine a page may be overtaken between the two.
    assert taken["taken"] > taken["made"]
    kept(second(), "/@ada")


def test_who_missed_some_pages_takes_the_next_one(ada, browse, second, kept):
    taken = Counter()
    for number in range(5):
        both_know(kept, browse, second, "/@ada")
        for text in (f"missed {number}", f"seen {number}"):
            posts.publish(author_id=ada.pk, text=text)
            until(browse(), "/@ada", text)
            kept(browse(), "/@ada")
        taken += until(second(), "/@ada", f"seen {number}")

    assert taken["taken"] > taken["made"]


@pytest.fixture
def commit_under_way(ada):
    """Mark what Ada wrote as being written, as a commit does; returns what ends it."""
    tag, at = f"posts.author:{ada.pk}", positions.ask("shard0")
    store.mark("shard0", [tag], "writer")
    name = store.tag_key("shard0", tag)
    assert processes.wait_for(lambda: memory.near().find(name) is None, 5)
    return lambda: store.bump("shard0", [tag], "writer", at)


@pytest.fixture
def on_page(ada, browse, kept):
    return kept(browse(), "/@ada")


def test_who_asks_while_a_commit_is_under_way_gets_what_it_leaves_and_others_too(
    on_page, commit_under_way, browse, monkeypatch
):
    monkeypatch.setattr(sharing, "COMMIT_SECONDS", 5)
    ending = threading.Timer(0.1, commit_under_way)
    ending.start()

    assert browse().get("/@ada").outcomes["made"] == 1
    assert browse().get("/@ada").outcomes["hit"] == 1
    ending.join()


def looking(ada, browser, at):
    """One who looks for a page of which something has the version of a commit at so much."""
    name = store.tag_key("shard0", f"posts.author:{ada.pk}")
    given = store.give({name: positions.ask("shard0")._replace(lsn=at)}, "writer")[name].decode()
    assert processes.wait_for(lambda: memory.current([name]) == [given], 5)
    ask = asks.of(browser.scope("/@ada?a=page", (), "GET"))
    return sharing.Looking(ask, [name])


def test_who_knows_of_a_later_change_does_not_wait_for_who_began_before_it(ada, browse):
    early = looking(ada, browse(), 2**60)
    mine = early.look()
    assert mine.key
    same = looking(ada, browse(), 2**60)
    assert same.look() is None
    later = looking(ada, browse(), 2**60 + 1)

    theirs = later.look()

    assert theirs.key == mine.key
    # Who began before is refused; who waited waits for the later one.
    assert store.put({mine.key: b"past"}, mine.holder) == [False]
    assert same.look() is None
    assert store.put({theirs.key: b"new"}, theirs.holder) == [True]


def test_nobody_waits_long_for_a_commit_and_each_page_is_waited_for_anew(
    on_page, commit_under_way, browse, monkeypatch
):
    monkeypatch.setattr(sharing, "COMMIT_SECONDS", 0.2)
    looks = []
    real = memory.current
    monkeypatch.setattr(memory, "current", lambda names: looks.append(names) or real(names))

    for _ in range(3):
        looks.clear()
        assert browse().get("/@ada").outcomes["made"] == 1
        assert len(looks) > 2
    commit_under_way()


def test_what_it_took_goes_with_the_next_change(ada, browse, second, kept):
    both_know(kept, browse, second, "/@ada")
    for number in range(5):
        posts.publish(author_id=ada.pk, text=f"number {number}")
        until(browse(), "/@ada", f"number {number}")
        until(second(), "/@ada", f"number {number}")


def test_a_page_that_was_overtaken_is_not_taken(ada, browse, second, kept, monkeypatch):
    both_know(kept, browse, second, "/@ada")
    posts.publish(author_id=ada.pk, text="the second post")
    until(browse(), "/@ada", "the second post")
    # Others know no better than that nothing has changed since; the page itself does.
    monkeypatch.setattr(sharing, "_key", lambda *args: "page:the same")
    posts.publish(author_id=ada.pk, text="the third post")
    until(browse(), "/@ada", "the third post")
    posts.publish(author_id=ada.pk, text="the fourth post")

    assert not until(second(), "/@ada", "the fourth post")["taken"]


def test_pages_of_members_are_their_own(make_account, browse, second, kept, client):
    wren = make_account("wren", shard="shard0")
    client.force_login(wren)
    first, other = browse().sign_in(client), second().sign_in(client)
    kept(first, "/")
    kept(other, "/")
    posts.publish(author_id=wren.pk, text="my own post")

    until(first, "/", "my own post")

    assert not until(other, "/", "my own post")["taken"]


def test_without_the_data_grid_each_makes_its_own(ada, browse, second, kept, monkeypatch):
    def away(*args, **kwargs):
        raise store.LeftOut("not asked again yet")

    both_know(kept, browse, second, "/@ada")
    monkeypatch.setattr(memory, "current", away)
    posts.publish(author_id=ada.pk, text="the second post")

    until(browse(), "/@ada", "the second post")

    assert not until(second(), "/@ada", "the second post")["taken"]


def test_of_two_at_once_one_makes_it(ada, browse, second, kept):
    both_know(kept, browse, second, "/@ada")
    here, there = browse(), second()
    for number in range(5):
        posts.publish(author_id=ada.pk, text=f"number {number}")
        made = 0
        for _ in range(40):
            answers = here.runner.run(at_once(here, there))
            made += sum(answer.outcomes["made"] for answer in answers)
            if all(f"number {number}" in answer.text for answer in answers):
                break
        assert all(f"number {number}" in answer.text for answer in answers)
        # Two commits touch it: the post's, and that of its counters.
        assert made <= 3


async def at_once(*browsers):
    return await asyncio.gather(*(browser.ask("/@ada") for browser in browsers))
