"""A request asks for a version once, until it has seen something that is later than its answer."""

import pytest

from apps.caching import recent, store
from apps.replication import scopes, tokens
from apps.replication.tokens import Position

ONE, TWO = (store.tag_key("shard0", tag) for tag in ("a:1", "a:2"))
OTHER = store.tag_key("shard1", "a:1")


def version(lsn, timeline=1):
    return f"{timeline:08x}{lsn:016x}.word".encode()


@pytest.fixture
def server():
    """What the data grid has, and what it was asked for."""

    class Server(dict):
        asked: list = []

        def __call__(self, names):
            self.asked.append(list(names))
            return [self.get(name) for name in names]

    found = Server({ONE: version(10), TWO: version(20), OTHER: version(5)})
    found.asked = []
    return found


def test_what_was_fetched_is_not_asked_for_again(server):
    with scopes.scope({"shard0": Position(1, 15)}), recent.remembering():
        first = recent.fetch([ONE], server)
        second = recent.fetch([ONE, TWO], server)

    assert (first, second) == ({ONE: version(10)}, {ONE: version(10), TWO: version(20)})
    assert server.asked == [[ONE], [TWO]]


def test_what_is_foreseen_comes_with_the_first(server):
    with scopes.scope(), recent.remembering([TWO, OTHER, "session:1"]):
        assert recent.fetch([ONE], server) == {ONE: version(10)}
        assert recent.fetch([TWO], server) == {TWO: version(20)}
        assert recent.fetch([OTHER], server) == {OTHER: version(5)}

    assert server.asked == [[ONE, TWO, OTHER]]


@pytest.mark.parametrize(
    ("seen", "asks"),
    [
        # The versions themselves were known by then: up to 20.
        (Position(1, 20), 1),
        (Position(1, 21), 2),
        # After a failover the same number says nothing.
        (Position(2, 7), 2),
    ],
)
def test_who_has_seen_something_later_asks_again(server, seen, asks):
    with scopes.scope() as scope, recent.remembering([TWO]):
        recent.fetch([ONE], server)
        scope.token["shard0"] = seen
        server[ONE] = version(30)
        found = recent.fetch([ONE], server)

    assert len(server.asked) == asks
    assert found == {ONE: version(30 if asks == 2 else 10)}


def test_a_later_timeline_covers_no_more_than_is_known_of_it(server):
    server[TWO] = version(12, timeline=2)
    with scopes.scope({"shard0": Position(1, 900)}) as scope, recent.remembering([TWO]):
        recent.fetch([ONE], server)
        scope.token["shard0"] = Position(2, 13)
        recent.fetch([ONE], server)

    assert len(server.asked) == 2


def test_a_doubt_says_nothing_of_what_is_known(server):
    """Who has written somewhere, nobody knows where, is answered by what versions stand for."""
    with scopes.scope({"shard0": Position(1, 7)}) as scope, recent.remembering():
        tokens.doubt(scope.token, "shard0")
        recent.fetch([ONE], server)
        server |= {ONE: version(30), TWO: version(30)}
        recent.fetch([TWO], server)
        scope.token["shard0"] = Position(1, 35)

        assert recent.fetch([ONE], server) == {ONE: version(30)}


def test_a_position_that_no_server_ever_had_says_nothing_of_what_is_known(server):
    """(1, 900) was lost with its primary; the next one is at (2, 820)."""
    server |= {ONE: version(820, timeline=2)}
    with scopes.scope({"shard0": Position(1, 900)}) as scope, recent.remembering():
        tokens.merge(scope.token, {"shard0": Position(2, 820)})
        recent.fetch([ONE], server)
        server |= {ONE: version(850, timeline=2), TWO: version(850, timeline=2)}
        recent.fetch([TWO], server)

        assert recent.fetch([ONE], server) == {ONE: version(850, timeline=2)}


@pytest.mark.parametrize("raw", [None, b"!writer|0"])
def test_what_is_missing_or_changing_is_asked_for_again(server, raw):
    server[ONE] = raw
    with scopes.scope(), recent.remembering():
        assert [recent.fetch([ONE], server) for _ in range(2)] == [{ONE: raw}] * 2

    assert server.asked == [[ONE], [ONE]]


def test_who_writes_there_and_who_is_no_request_always_asks(server):
    with scopes.scope() as scope, recent.remembering():
        recent.fetch([ONE], server)
        scope.written.add("shard0")
        recent.fetch([ONE], server)
    with scopes.scope():
        recent.fetch([ONE], server)
    with recent.remembering():
        recent.fetch([ONE], server)

    assert server.asked == [[ONE]] * 4
