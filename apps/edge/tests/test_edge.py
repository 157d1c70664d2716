"""What is answered from memory, to whom, and until when."""

import asyncio

import pytest
from django.conf import settings as configured
from django.test import Client

from apps.accounts.models import Account
from apps.bundled.hashtags import trending
from apps.caching import memory, store
from apps.cluster import processes
from apps.edge import asks, pages
from apps.follows import services as follows
from apps.grid.near_cache import clock
from apps.plugins import switches
from apps.posts import services as posts
from apps.posts.models import Post
from apps.replication import scopes, tokens

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def ada(make_account):
    account = make_account("ada", shard="shard0")
    posts.publish(author_id=account.pk, text="the first post")
    return account


def token_of_now(group="shard0"):
    """What a reader has seen who has seen all that there is now."""
    with scopes.scope() as scope, scopes.primary():
        assert Post.objects.using(group).exists()
        return scope.token


def test_a_page_is_made_once_and_the_next_visitor_gets_it_from_memory(ada, browse, kept):
    first = kept(browse(), "/public")
    second = kept(browse(), "/public")

    assert "the first post" in first.text
    assert second.text == first.text
    assert (b"vary", b"Accept-Language, Cookie, Accept-Encoding") in second.headers
    assert int(dict(second.headers)[b"content-length"]) == len(second.body)


def test_compressed_it_is_the_same_page(ada, browse, kept):
    plain = kept(browse(), "/@ada")
    zipped = browse().get("/@ada", (b"accept-encoding", b"gzip, br"))

    assert zipped.outcomes == {"hit": 1}
    assert len(zipped.body) < len(plain.body) / 2
    assert zipped.text == plain.text


def test_who_has_written_sees_it_at_once(ada, browse, kept):
    reader = browse()
    kept(reader, "/public")
    for number in range(20):
        posts.publish(author_id=ada.pk, text=f"number {number}")
        reader.cookies[configured.REPLICATION_COOKIE] = tokens.encode(token_of_now())

        assert f"number {number}" in reader.get("/public").text


def test_others_see_it_as_soon_as_the_process_has_heard_of_it(ada, browse, kept):
    kept(browse(), "/public")
    posts.publish(author_id=ada.pk, text="the second post")

    shown = lambda: "the second post" in browse().get("/public").text  # noqa: E731
    assert processes.wait_for(shown, 1)


def test_what_a_reader_has_seen_is_never_taken_back(ada, browse, kept, edge, monkeypatch):
    kept(browse(), "/public")
    ahead = browse()
    ahead.cookies[configured.REPLICATION_COOKIE] = tokens.encode(
        {"shard0": tokens.Position(9, 2**60)}
    )
    monkeypatch.setattr(memory, "confirmed", dict)

    assert edge.outcomes["hit"]
    page = edge.pages.find(
        asks.of(ahead.scope("/public", (), "GET")), memory.near(), {}, pages.generation()
    )
    assert page is None


def test_a_reader_takes_the_pages_position_along(ada, browse, kept):
    reader = browse()
    kept(reader, "/public")

    seen = tokens.decode(reader.cookies[configured.REPLICATION_COOKIE])
    assert seen["shard0"].lsn > 0
    before = dict(reader.cookies)
    assert reader.get("/public").outcomes == {"hit": 1}
    assert reader.cookies == before


@pytest.fixture
def member(browse, make_account):
    """Return a function that makes an account, a client and a browser where it is signed in."""

    def make(name):
        account, client = make_account(name), Client()
        client.force_login(account)
        return account, client, browse().sign_in(client)

    return make


def test_a_member_gets_his_own_home_from_memory_and_nobody_else_does(ada, browse, member, kept):
    bert, _, browser = member("bert")
    follows.follow(follower_id=bert.pk, followed_id=ada.pk)
    posts.publish(author_id=ada.pk, text="for followers")
    *_, other = member("cleo")

    mine = kept(browser, "/")
    others = kept(other, "/")

    assert 'href="/@bert"' in mine.text
    assert 'href="/@bert"' not in others.text
    assert 'href="/@bert"' not in browse().get("/").text


def test_a_session_that_has_ended_is_answered_as_a_visitor(ada, member, kept):
    _, client, browser = member("bert")
    kept(browser, "/public")
    client.logout()

    answered = lambda: 'href="/@bert"' not in browser.get("/public").text  # noqa: E731
    assert processes.wait_for(answered, 1)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}])
def test_an_account_that_may_not_sign_in_any_more_is_a_visitor(ada, member, kept, change):
    bert, _, browser = member("bert")
    kept(browser, "/public")
    Account.objects.filter(pk=bert.pk).update(**change)

    answered = lambda: 'href="/@bert"' not in browser.get("/public").text  # noqa: E731
    assert processes.wait_for(answered, 1)


def test_a_plugin_that_is_switched_off_is_gone_at_once(ada, browse, kept):
    assert "/search" in kept(browse(), "/public").text
    switches.switch("search", "off")

    answer = browse().get("/public")
    assert "hit" not in answer.outcomes
    assert "/search" not in answer.text


@pytest.mark.parametrize(
    "header",
    [
        (b"hx-request", b"true"),
        (b"authorization", b"Basic eDp5"),
        (b"range", b"bytes=0-9"),
        (b"cookie", b"messages=hello"),
    ],
)
def test_what_the_edge_does_not_understand_goes_to_django(ada, browse, kept, header):
    kept(browse(), "/public")

    assert browse().get("/public", header).outcomes == {}


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_only_get_is_answered_from_memory(ada, browse, kept, method):
    kept(browse(), "/public")

    assert browse().get("/public", method=method).outcomes == {}


@pytest.mark.parametrize("path", ["/health/ready", "/accounts/sign-in", "/topics", "/no/such"])
def test_what_does_not_say_that_it_may_be_kept_is_made_each_time(ada, browse, path):
    answers = [browse().get(path) for _ in range(3)]

    assert all(answer.outcomes == {"alone": 1} for answer in answers)


def test_a_page_that_a_database_was_asked_for_is_not_kept(ada, browse, settings):
    settings.CACHING_ENABLED = False

    assert [browse().get("/public").outcomes for _ in range(2)] == [{"made": 1}] * 2


def test_while_the_stream_is_in_doubt_django_answers(ada, browse, kept):
    kept(browse(), "/public")
    memory.near().doubt()

    answer = browse().get("/public")
    assert "hit" not in answer.outcomes
    assert "the first post" in answer.text


def test_those_who_ask_while_it_is_made_get_it_from_the_one_who_makes_it(ada, browse, kept, edge):
    kept(browse(), "/public")
    posts.publish(author_id=ada.pk, text="the second post")
    assert processes.wait_for(lambda: "second" in kept(browse(), "/public").text, 5)
    page = edge.pages.find(
        asks.of(browse().scope("/public", (), "GET")),
        memory.near(),
        memory.confirmed(),
        pages.generation(),
    )
    edge.pages._drop(page)
    # As if no process had made it yet.
    edge.pages.named_before(page.key)
    store.flush()
    edge._alone.clear()
    before = edge.outcomes.copy()

    async def together():
        return await asyncio.gather(*(browse().ask("/public") for _ in range(20)))

    answers = browse().runner.run(together())
    assert edge.outcomes - before == {"made": 1, "shared": 19}
    assert all("the second post" in answer.text for answer in answers)


def test_a_process_that_stops_ends_each_connection_with_its_next_answer(ada, browse, kept, edge):
    kept(browse(), "/public")
    edge.is_leaving = True

    for path in ("/public", "/accounts/sign-in"):
        assert (b"connection", b"close") in browse().get(path).headers


def test_a_page_does_not_end_because_its_posts_grow_older(ada, browse, kept, edge):
    page = kept(browse(), "/@ada")
    assert "data-ago" in page.text
    (held,) = [one for one in edge.pages._pages.values() if one.key.path == b"/@ada"]

    assert held.until > clock() + trending.KEPT_SECONDS - 5


def test_a_page_does_not_end_because_its_posts_have_arrived(ada, browse, kept):
    client = Client()
    client.force_login(ada)
    author = browse().sign_in(client)
    kept(author, "/@ada")
    kept(browse(), "/@ada")

    (pk,) = Post.objects.on("shard0").values_list("id", flat=True)
    posts.arrive(shard="shard0", post_ids=[pk])

    shown = lambda: "tick arrived" in author.get("/@ada").text  # noqa: E731
    assert processes.wait_for(shown, 5)
    assert browse().get("/@ada").outcomes == {"hit": 1}
