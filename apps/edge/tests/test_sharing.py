"""A page that one process made after a change, the others take in place of making it."""

import asyncio
import threading
import time
from collections import Counter
from dataclasses import replace

import pytest

from apps.caching import memory, store
from apps.cluster import processes
from apps.edge import asks, pages, sharing
from apps.edge.asgi import Edge
from apps.edge.pages import Page
from apps.edge.tests.conftest import Browser
from apps.grid import near_cache
from apps.kernel import words
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


def test_nobody_waits_for_answers_that_are_for_one_reader(ada, browse, monkeypatch):
    assert browse().get("/accounts/sign-in").outcomes["alone"] == 1
    looks = []
    # Whoever looks waits for as long as somebody else has the right.
    monkeypatch.setattr(store, "newer_or_lock", lambda *given: looks.append(given) or "another:0")

    assert browse().get("/accounts/sign-in").status == 200
    assert not looks


def test_an_edge_that_keeps_no_pages_takes_none(ada, browse, edge, kept):
    kept(browse(), "/@ada")
    bare = Browser(Edge(edge.application, most_bytes=0), browse().runner)

    assert bare.get("/@ada").outcomes["made"] == 1


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


class Version:
    """The version of what Ada wrote: that of a commit at so much, told to all who listen."""

    def __init__(self, ada):
        self.name = store.tag_key("shard0", f"posts.author:{ada.pk}")
        self.at = positions.ask("shard0")
        self.text = ""

    def move(self, lsn):
        """Give it that of a later commit; waits until this process has heard of it."""
        given = store.give({self.name: self.at._replace(lsn=lsn)}, "writer")
        self.text = given[self.name].decode()
        assert processes.wait_for(lambda: memory.current([self.name]) == [self.text], 5)


@pytest.fixture
def version(ada, browse):
    """A version that a page depends on which nobody but this test asks for."""
    found = Version(ada)
    found.move(2**60)
    return found


@pytest.fixture
def ask(browse):
    """What asks for a page that nobody has asked for before."""
    return asks.of(browse().scope(f"/@ada?a={words.unique()}", (), "GET"))


@pytest.fixture
def look(version, ask):
    """Return a function that has somebody new ask for that page."""
    return lambda: sharing.Looking(ask, [version.name])


@pytest.fixture
def page(version, ask):
    """Return a function that makes such a page of the version of now."""

    def make(begun=0.0):
        versions, until = {version.name: version.text}, near_cache.clock() + 60
        made = (ask.key, 200, (), b"made", {}, {}, versions, until, pages.generation())
        return Page(*made, begun=begun or time.time())

    return make


def test_while_one_makes_a_page_the_others_wait_and_then_have_it(look, page):
    mine, other = look().look(), look()
    assert mine.key
    assert other.look() == sharing.PAUSE_SECONDS

    sharing.give(mine, page())

    assert other.look().page.body == b"made"
    assert look().look().page.body == b"made"


def test_a_page_that_is_past_serves_who_waited_for_it_and_nobody_after(look, page, version):
    mine, waiting = look().look(), look()
    waiting.look()
    made = page()
    version.move(2**60 + 1)
    sharing.give(mine, made)

    assert waiting.look().page.body == b"made"
    late = look()
    assert 0 < late.look() <= sharing.PACE_SECONDS
    assert processes.wait_for(lambda: isinstance(late.look(), sharing.Turn), 1)
    assert late.look().key


def test_a_page_that_is_right_only_now_serves_who_waited_for_it_and_nobody_after(look, page):
    mine, waiting = look().look(), look()
    waiting.look()
    sharing.give(mine, replace(page(), until=0.0))

    assert waiting.look().page.body == b"made"
    assert isinstance(look().look(), float)


def test_who_has_seen_more_than_a_page_shows_makes_the_next_one(look, page, ask, version):
    mine = look().look()
    later = sharing.Looking(replace(ask, token={"shard0": version.at._replace(lsn=2**61)}))
    later.look()
    sharing.give(mine, page())

    assert processes.wait_for(lambda: isinstance(later.look(), sharing.Turn), 1)
    assert later.look().key


def test_a_page_is_begun_once_in_a_while_by_all_together(look, page, version, monkeypatch):
    monkeypatch.setattr(sharing, "PACE_SECONDS", 0.5)
    begun = time.time()
    sharing.give(look().look(), page(begun))
    version.move(2**60 + 1)
    first, second = look(), look()

    assert all(0 < each.look() <= 0.5 for each in (first, second))
    assert processes.wait_for(lambda: time.time() > begun + 0.5, 1)

    assert first.look().key
    assert second.look() == sharing.PAUSE_SECONDS


def test_a_clock_that_is_ahead_keeps_nobody_waiting_for_long(look, page, version):
    sharing.give(look().look(), page(time.time() + 3600))
    version.move(2**60 + 1)

    assert look().look() == sharing.PACE_SECONDS


def test_who_waits_too_long_for_another_makes_his_own(look, monkeypatch):
    look().look()
    monkeypatch.setattr(sharing, "MAKE_MS", 0)

    assert look().look() == sharing.ALONE


def test_of_a_maker_who_dies_the_right_goes_to_who_waits(look, monkeypatch):
    monkeypatch.setattr(sharing, "MAKE_MS", 300)
    look().look()
    waiting = look()
    monkeypatch.setattr(sharing, "MAKE_MS", 5000)

    assert waiting.look() == sharing.PAUSE_SECONDS
    assert processes.wait_for(lambda: isinstance(waiting.look(), sharing.Turn), 2)
    assert waiting.look().key


def test_a_process_that_has_never_seen_a_page_takes_that_of_another(ada, browse, second, kept):
    kept(browse(), "/@ada")

    assert second().get("/@ada").outcomes["taken"] == 1


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
