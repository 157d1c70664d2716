from datetime import UTC, datetime, timedelta

import pytest

from apps.follows import services as follows
from apps.posts import services as posts
from apps.posts.imports import Draft, import_posts
from apps.timelines import entries, horizons, tasks
from apps.timelines.models import Entry, Horizon
from apps.timelines.tests.oracles import ids_of, oracle

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def me(make_account):
    return make_account(shard="shard0")


@pytest.fixture
def authors(me, make_account, deliver):
    """Four authors on two shards whom I follow."""
    found = [make_account(shard=f"shard{n % 2}") for n in range(4)]
    for author in found:
        follows.follow(follower_id=me.pk, followed_id=author.pk)
    deliver()
    return found


def write(authors, count):
    return [posts.publish(author_id=authors[n % 4].pk, text=str(n)).pk for n in range(count)]


def entries_of(account):
    return Entry.objects.filter(account_id=account.pk).count()


def test_a_trimmed_timeline_pages_on_to_the_first_post(me, authors, deliver, settings):
    settings.TIMELINES_KEEP = 30
    written = write(authors, 75)
    deliver()

    tasks.trim_shard("shard0")

    assert entries_of(me) == 30
    assert Horizon.objects.get(account_id=me.pk).post_id == written[-30]
    assert ids_of(me) == oracle(me) == written[::-1]


def test_a_timeline_within_the_bound_stays_as_it_is(me, authors, deliver, settings):
    settings.TIMELINES_KEEP = 30
    write(authors, 30)
    deliver()

    assert horizons.trim("shard0") == 0

    assert entries_of(me) == 30
    assert not Horizon.objects.filter(account_id=me.pk).exists()


def test_timelines_are_trimmed_slice_by_slice(make_account, deliver, settings, monkeypatch):
    settings.TIMELINES_KEEP = 2
    monkeypatch.setattr(horizons, "SLICE", 2)
    author = make_account()
    readers = [make_account(shard="shard1") for _ in range(5)]
    for reader in readers:
        follows.follow(follower_id=reader.pk, followed_id=author.pk)
    for _ in range(5):
        posts.publish(author_id=author.pk, text="x")
    deliver()

    assert horizons.trim("shard1") == 5 * 3

    assert [entries_of(reader) for reader in readers] == [2] * 5
    assert [ids_of(reader) for reader in readers] == [oracle(reader) for reader in readers]


def test_a_horizon_never_falls(me, authors, deliver, settings):
    settings.TIMELINES_KEEP = 2
    written = write(authors, 6)
    deliver()
    horizons.trim("shard0")

    horizons.raise_own("shard0", me.pk, written[0])
    horizons.raise_followers("shard0", authors[0].pk, written[0])

    assert Horizon.objects.get(account_id=me.pk).post_id == written[-2]


def test_a_new_follower_of_one_who_wrote_more_than_a_back_fill_misses_nothing(
    me, authors, make_account, deliver, monkeypatch
):
    monkeypatch.setattr(entries, "BACKFILL", 5)
    write(authors, 12)
    prolific = make_account(shard="shard1")
    old = [posts.publish(author_id=prolific.pk, text=str(n)).pk for n in range(30)]
    deliver()

    follows.follow(follower_id=me.pk, followed_id=prolific.pk)
    deliver()

    assert Entry.objects.filter(account_id=me.pk, author_id=prolific.pk).count() == 5
    assert Horizon.objects.get(account_id=me.pk).post_id == old[-5]
    assert ids_of(me) == oracle(me)
    assert len(ids_of(me)) == 42


def test_posts_imported_below_the_horizon_show_once(me, authors, deliver, settings):
    settings.TIMELINES_KEEP = 5
    write(authors, 10)
    deliver()
    horizons.trim("shard0")
    start = datetime(2012, 1, 1, tzinfo=UTC)
    drafts = [Draft(str(n), "old", start + timedelta(days=n)) for n in range(3)]
    import_posts(author_id=authors[1].pk, drafts=drafts)
    deliver()

    assert ids_of(me) == oracle(me)
    assert len(ids_of(me)) == 13


def test_unfollowing_holds_below_the_horizon_at_once(me, authors, deliver, settings):
    settings.TIMELINES_KEEP = 5
    write(authors, 20)
    deliver()
    horizons.trim("shard0")

    follows.unfollow(follower_id=me.pk, followed_id=authors[0].pk)

    assert ids_of(me) == oracle(me)
    assert len(ids_of(me)) == 15


@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.parametrize(("keep", "queries"), [(30, 0), (10, 1 + 2)])
def test_only_a_page_that_reaches_below_the_horizon_takes_more_queries(
    me, authors, deliver, client, count_queries, settings, keep, queries
):
    settings.TIMELINES_KEEP = keep
    write(authors, 60)
    deliver()
    horizons.trim("shard0")
    client.force_login(me)
    client.get("/")

    with count_queries() as sent:
        answer = client.get("/")

    assert answer.text.count("<article") == 20
    assert len(sent) == queries, sent


def test_every_shard_has_its_own_trimming_task(monkeypatch):
    asked = []
    monkeypatch.setattr(tasks.trim_shard, "delay", asked.append)

    tasks.trim()

    assert asked == ["shard0", "shard1"]
