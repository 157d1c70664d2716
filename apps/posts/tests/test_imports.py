from datetime import UTC, datetime, timedelta

import pytest

from apps.posts import selectors, services
from apps.posts.imports import Draft, import_posts
from apps.posts.models import Post
from apps.timelines import selectors as timelines

pytestmark = pytest.mark.django_db(databases="__all__")

START = datetime(2015, 6, 1, 12, tzinfo=UTC)


def drafts(count, step=timedelta(hours=1)):
    return [Draft(f"https://old.example/{n}", f"post {n}", START + step * n) for n in range(count)]


def test_imported_posts_keep_their_times_and_their_order(make_account):
    author = make_account()

    added = import_posts(author_id=author.pk, drafts=drafts(50))

    rows = list(Post.objects.filter(author_id=author.pk).order_by("id"))
    assert added == 50
    assert [row.text for row in rows] == [f"post {n}" for n in range(50)]
    assert [row.created_at for row in rows] == [START + timedelta(hours=n) for n in range(50)]
    assert selectors.posts_count(author.pk) == 50


def test_the_same_records_again_add_nothing(make_account):
    author = make_account()
    import_posts(author_id=author.pk, drafts=drafts(20))

    assert import_posts(author_id=author.pk, drafts=drafts(25)) == 5
    assert import_posts(author_id=author.pk, drafts=drafts(25)) == 0
    assert Post.objects.filter(author_id=author.pk).count() == 25


def test_five_thousand_posts_of_one_millisecond_get_different_ids(make_account):
    author = make_account()

    assert import_posts(author_id=author.pk, drafts=drafts(5000, timedelta(0))) == 5000

    rows = Post.objects.filter(author_id=author.pk)
    assert rows.count() == 5000
    assert {row.created_at for row in rows} == {START, START + timedelta(milliseconds=1)}


def test_a_second_archive_of_the_same_moments_finds_room(make_account):
    author = make_account()
    import_posts(author_id=author.pk, drafts=drafts(10))
    others = [draft._replace(source_key=f"b{n}") for n, draft in enumerate(drafts(10))]

    assert import_posts(author_id=author.pk, drafts=others) == 10
    assert Post.objects.filter(author_id=author.pk).count() == 20


def test_followers_find_imported_posts_in_their_place(make_account, deliver):
    from apps.follows import services as follows

    author, reader = make_account(shard="shard0"), make_account(shard="shard1")
    follows.follow(follower_id=reader.pk, followed_id=author.pk)
    new = services.publish(author_id=author.pk, text="new")
    import_posts(author_id=author.pk, drafts=drafts(3))
    deliver()

    page = timelines.home_page(reader.pk)

    assert [c.text for c in page.items] == ["new", "post 2", "post 1", "post 0"]
    assert page.items[0].id == new.pk
