from datetime import UTC, datetime, timedelta

import pytest
from django_redis import get_redis_connection

from apps.bundled.hashtags import receivers, services, trending
from apps.bundled.hashtags.models import TaggedPost
from apps.events import log
from apps.plugins import switches
from apps.posts import services as posts
from apps.posts.events import PostPublished
from apps.posts.imports import Draft, import_posts

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch):
    monkeypatch.setattr(trending, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(trending, "PREFIX", "hashtags-test:")
    monkeypatch.setattr(trending, "COUNTED", "hashtags-test:counted")
    monkeypatch.setattr(trending, "LIST", "hashtags-test:top")
    yield
    forget()


def forget():
    redis = get_redis_connection("default")
    for key in redis.scan_iter("hashtags-test:*"):
        redis.delete(key)


def top():
    trending.refresh()
    return trending.top()


@pytest.fixture
def written(make_account, deliver):
    """Three posts on two shards: rooks twice, wrens once."""
    authors = make_account(shard="shard0"), make_account(shard="shard1")
    texts = "#rooks a", "#Rooks #wrens", "nothing"
    made = [posts.publish(author_id=authors[n % 2].pk, text=text) for n, text in enumerate(texts)]
    deliver()
    return made


def test_the_most_used_tags_come_first_on_their_page_and_in_the_column(client, written):
    assert top() == [("rooks", 2), ("wrens", 1)]
    for path in ("/trending", "/public"):
        assert '<bdi>#rooks</bdi></a> <span class="count">2 posts' in client.get(path).text


def test_a_post_counts_once_however_often_it_is_delivered(written):
    events = [(event, 1) for chunk in log.since(PostPublished, hours_ago(1)) for event in chunk]
    receivers.count(events)
    receivers.count(events)

    assert top() == [("rooks", 2), ("wrens", 1)]


def test_a_deleted_post_is_taken_out_once(written):
    posts.delete(post_id=written[1].pk)
    services.forget(post_id=written[1].pk)
    services.forget(post_id=written[1].pk)

    assert top() == [("rooks", 1)]


def test_a_post_that_is_deleted_while_it_is_counted_is_not_in(written, monkeypatch):
    monkeypatch.setattr("apps.posts.selectors.existing", lambda ids: {written[0].pk})
    trending.count([post.pk for post in written])

    assert top() == [("rooks", 1)]


def test_what_valkey_forgot_is_counted_again_from_the_log(written):
    before = top()
    forget()
    TaggedPost.objects.scatter().delete()

    assert top() == before


def test_the_window_slides(written, monkeypatch):
    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=23, minutes=40)

    monkeypatch.setattr(trending, "datetime", Later)
    assert top() == [("rooks", 2), ("wrens", 1)]

    monkeypatch.setattr(Later, "now", lambda tz=None: datetime.now(tz) + timedelta(hours=24.2))
    assert top() == []


def test_old_posts_of_an_archive_do_not_trend(make_account, deliver):
    draft = Draft("1", "#ancient", datetime(2020, 1, 1, tzinfo=UTC))
    import_posts(author_id=make_account().pk, drafts=[draft])
    deliver()

    assert top() == []
    assert TaggedPost.objects.scatter(tag="ancient").count() == 1


def test_off_its_pages_and_lines_are_gone_on_again_they_are_there_once(client, written, deliver):
    top()
    switches.switch("hashtags", "off")
    author_id = written[0].author_id
    posts.publish(author_id=author_id, text="#unheard")
    deliver()

    assert client.get("/trending").status_code == client.get("/tags/rooks").status_code == 404
    page = client.get("/public").text
    assert "/trending" not in page
    assert "<bdi>#rooks" not in page
    assert 'class="tag"' not in page
    assert TaggedPost.objects.scatter(tag="unheard").count() == 0

    switches.switch("hashtags", "on")
    posts.publish(author_id=author_id, text="#heard")
    deliver()

    assert TaggedPost.objects.scatter(tag="heard").count() == 1
    page = client.get("/public").text
    assert page.count('href="/trending"') == 1
    assert page.count("<h2>Trending</h2>") == 1


def hours_ago(count):
    return datetime.now(UTC) - timedelta(hours=count)
