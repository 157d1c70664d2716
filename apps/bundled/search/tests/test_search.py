import io
import time

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from apps.bundled.search import rebuilding, selectors, services
from apps.bundled.search.models import Document
from apps.plugins import switches
from apps.posts import services as posts
from apps.posts.imports import Draft, import_posts
from apps.posts.kinds import Audience
from apps.sharding import ids

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


@pytest.fixture
def written(ada, wren, deliver):
    """Return a function that publishes texts, by two authors in turn, and has them indexed."""

    def write(*texts):
        authors = (ada, wren)
        made = [
            posts.publish(author_id=authors[n % 2].pk, text=text).pk for n, text in enumerate(texts)
        ]
        deliver()
        return made

    return write


def found(client, q, **more):
    return [card.id for card in client.get("/search", {"q": q, **more}).context["page"].items]


TEXTS = (
    "The rooks are flying over the old town, and they are loud",  # English
    "Die Häuser der Stadt sind alt, und die Krähen sind laut",  # German
    "two words, in this order",
    "words two, in that order",
    "rook",  # of no language
    "Grüße aus der Stadt und von den Leuten #Rooks",  # German
    "news and some more of the new news for you",  # English
)


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("rook", [0, 4, 5]),
        ("flies", [0]),
        ("haus", [1]),
        ("HÄUSER", [1]),
        ("two words", [2, 3]),
        ('"two words"', [2]),
        ('"word two"', []),
        ("order -that", [2]),
        ('words -"two words"', [3]),
        ("rook -fly", [4, 5]),
        ("#rooks", [5]),
        ("#rook", []),
        ("town from:ada", [0]),
        ("town from:wren", []),
        ("from:@WREN", [1, 3, 5]),
        ("rook -from:wren", [0, 4]),
        ("the", [0, 6]),
        ("the new", [6]),
        ("и", []),
    ],
)
def test_posts_are_found_by_what_is_asked(client, written, q, expected):
    made = written(*TEXTS)

    assert found(client, q) == [made[n] for n in reversed(expected)]


def test_a_stem_of_another_language_finds_nothing(client, written):
    """In German "news" is a form of "new": English posts with "new" are not meant."""
    written("this is the new one of them")

    assert found(client, "news") == []


def test_languages_are_told_by_their_stop_words(written):
    made = written(
        *TEXTS[:2],
        "rook",
        "Les corbeaux sont dans la ville et ils ne dorment pas",
        "Я не знаю, что это такое и как оно там",
        "los pájaros que no están en las casas de la villa",
    )

    language = {row.post_id: row.language for row in Document.objects.scatter()}
    expected = ["english", "german", "simple", "french", "russian", "spanish"]
    assert [language[pk] for pk in made] == expected


def test_pages_over_shards_are_exact_whatever_the_skew(client, ada, wren, deliver):
    authors = [ada] * 30 + [wren] * 3 + [ada] * 12
    made = [posts.publish(author_id=a.pk, text=f"{n} rooks").pk for n, a in enumerate(authors)]
    deliver()

    seen, cursor = [], None
    while cursor is not None or not seen:
        answer = client.get("/search", {"q": "rooks", **({"before": cursor} if cursor else {})})
        seen.append([card.id for card in answer.context["page"].items])
        cursor = answer.context["page"].next_cursor

    assert [len(part) for part in seen] == [20, 20, 5]
    assert [pk for part in seen for pk in part] == made[::-1]
    first = client.get("/search", {"q": 'rooks -"x y"'})
    assert f"?q=rooks+-%22x+y%22&amp;before={first.context['page'].next_cursor}" in first.text


@pytest.mark.parametrize("before", ["x", "-1", "99999999999999999999"])
def test_a_wrong_cursor_is_not_found(client, before):
    assert client.get("/search", {"q": "rook", "before": before}).status_code == 404


def test_the_first_id_of_all_has_nothing_before_it(client, written):
    written("rook")

    assert found(client, "rook", before="0") == []


def test_what_is_wrong_or_missing_is_said_and_escaped(client, written):
    assert client.get("/search").status_code == 200
    assert "No post has <bdi>&lt;b&gt;owl</bdi>" in client.get("/search", {"q": "<b>owl"}).text
    assert "no account @nobody" in client.get("/search", {"q": "from:nobody"}).text
    assert "only what is left out" in client.get("/search", {"q": "-rook"}).text
    assert client.get("/search", {"q": "rook\x00' \\ :* & | !("}).status_code == 200


def test_a_deleted_post_is_found_no_more(client, written, ada, deliver):
    made = written("rook")
    posts.delete(post_id=made[0], by=ada.pk)

    assert found(client, "rook") == []
    deliver()
    assert Document.objects.scatter().count() == 0


def test_a_post_that_is_deleted_while_it_is_stored_is_not_kept(ada, monkeypatch):
    post = posts.publish(author_id=ada.pk, text="rook")
    of = services.originals.of

    def slow(post_ids):
        rows = of(post_ids)
        posts.delete(post_id=post.pk, by=ada.pk)
        return rows

    monkeypatch.setattr(services.originals, "of", slow)
    services.index(post_ids=[post.pk])

    assert Document.objects.scatter().count() == 0


def test_replies_are_found_and_reposts_are_not(client, ada, wren, deliver):
    post = posts.publish(author_id=ada.pk, text="rook")
    reply = posts.publish(author_id=wren.pk, text="a rook too", in_reply_to_id=post.pk)
    posts.repost(author_id=wren.pk, post_id=post.pk)
    deliver()

    assert found(client, "rook") == [reply.pk, post.pk]


def test_imported_posts_have_their_old_place(client, ada, deliver):
    old = ids.EPOCH.replace(year=2020)
    import_posts(author_id=ada.pk, drafts=[Draft("1", "an old rook", old)])
    new = posts.publish(author_id=ada.pk, text="a new rook")
    deliver()

    assert found(client, "rook")[0] == new.pk
    assert len(found(client, "rook")) == 2


def test_rebuilding_finds_what_was_written_and_forgets_what_was_deleted_meanwhile(
    client, written, ada, wren, deliver, monkeypatch
):
    monkeypatch.setattr(rebuilding, "CHUNK", 2)
    kept = written("rook one", "rook two")
    gone = posts.publish(author_id=ada.pk, text="rook three")
    deliver()
    switches.switch("search", "off")
    posts.delete(post_id=gone.pk, by=ada.pk)
    unheard = [posts.publish(author_id=a.pk, text="unheard rook").pk for a in (ada, ada, wren)]
    deliver()
    with pytest.raises(CommandError, match="plugins enable search"):
        call_command("search", "rebuild")
    switches.switch("search", "on")
    said = io.StringIO()

    call_command("search", "rebuild", stdout=said)

    assert "shard0" in said.getvalue()
    assert "3/3" in said.getvalue()
    assert found(client, "rook") == [*unheard[::-1], *kept[::-1]]
    assert Document.objects.scatter().count() == 5


def test_a_rebuild_goes_on_where_it_was_stopped(written, ada, monkeypatch):
    monkeypatch.setattr(rebuilding, "CHUNK", 2)
    for number in range(5):
        posts.publish(author_id=ada.pk, text=f"rook {number}")
    steps = rebuilding.rebuild("shard0")
    _, last = next(steps)

    assert list(rebuilding.rebuild("shard0", after=last))[-1][0] == 1
    assert Document.objects.using("shard0").count() == 5


def test_off_its_page_and_form_are_gone_on_again_they_are_there_once(client, written, ada, deliver):
    switches.switch("search", "off")
    posts.publish(author_id=ada.pk, text="unheard rook")
    deliver()

    assert client.get("/search", {"q": "rook"}).status_code == 404
    assert "/search" not in client.get("/public").text
    assert Document.objects.scatter().count() == 0

    switches.switch("search", "on")
    heard = posts.publish(author_id=ada.pk, text="heard rook")
    deliver()

    page = client.get("/public").text
    assert page.count('<a href="/search"') == 1
    assert page.count('role="search"') == 1
    assert found(client, "rook") == [heard.pk]


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_heavy_search_is_ended_and_the_connection_is_as_before(client, written, monkeypatch):
    written("rook")
    sleeping = selectors.FOUND.replace("WHERE", "WHERE pg_sleep(5) IS NOT NULL AND")
    monkeypatch.setattr(selectors, "SECONDS", 0.2)
    with monkeypatch.context() as patched:
        patched.setattr(selectors, "FOUND", sleeping)
        begun = time.monotonic()
        answer = client.get("/search", {"q": "rook"})
        seconds = time.monotonic() - begun

    assert answer.status_code == 503
    assert "took too long" in answer.text
    assert seconds < 2
    with pytest.raises(selectors.TooHeavy):
        selectors._ask("shard0", "SELECT pg_sleep(5)", {}, time.monotonic() + 0.1)
    with connections["shard0"].cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_what_is_not_for_everybody_is_indexed_by_nothing(ada):
    post = posts.publish(author_id=ada.pk, text="zugvogel", audience=Audience.FOLLOWERS)

    services.index(post_ids=[post.pk])
    call_command("search", "rebuild", stdout=io.StringIO())

    assert not Document.objects.filter(post_id=post.pk).exists()
