import pytest

from apps.posts import selectors, services
from apps.posts.errors import NoSuchPost
from apps.posts.kinds import Audience
from apps.posts.models import Bookmark
from apps.sharding import places

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def written(make_account):
    """What somebody on another shard wrote."""
    wren = make_account("wren", shard="shard1")
    return [services.publish(author_id=wren.pk, text=f"post {n}") for n in range(3)]


def kept_by(account):
    page = selectors.bookmarks_page(account_id=account.pk)
    return [one.id for one in page.items]


def test_what_is_kept_last_comes_first_and_once(ada, written):
    for post in (written[1], written[0], written[2], written[0]):
        services.bookmark(account_id=ada.pk, post_id=post.pk)

    assert kept_by(ada) == [written[2].pk, written[0].pk, written[1].pk]
    services.unbookmark(account_id=ada.pk, post_id=written[2].pk)
    services.unbookmark(account_id=ada.pk, post_id=written[2].pk)
    assert kept_by(ada) == [written[0].pk, written[1].pk]


def test_of_a_repost_the_post_is_kept(ada, written, make_account):
    repost = services.repost(author_id=make_account("crow").pk, post_id=written[0].pk)

    services.bookmark(account_id=ada.pk, post_id=repost.pk)

    assert kept_by(ada) == [written[0].pk]


def test_a_deleted_post_is_kept_no_longer(ada, written, deliver):
    services.bookmark(account_id=ada.pk, post_id=written[0].pk)

    services.delete(post_id=written[0].pk)

    assert kept_by(ada) == []
    deliver()
    assert not Bookmark.objects.filter(account_id=ada.pk).exists()
    with pytest.raises(NoSuchPost):
        services.bookmark(account_id=ada.pk, post_id=written[0].pk)


def test_nobody_keeps_what_he_does_not_see(ada, make_account):
    post = services.publish(
        author_id=make_account("jay").pk, text="among us", audience=Audience.FOLLOWERS
    )

    with pytest.raises(NoSuchPost):
        services.bookmark(account_id=ada.pk, post_id=post.pk)


def test_pages_of_bookmarks_are_complete(ada, make_account):
    writer = make_account("jay", shard="shard1")
    ids = [services.publish(author_id=writer.pk, text=str(n)).pk for n in range(45)]
    for post_id in ids:
        services.bookmark(account_id=ada.pk, post_id=post_id)

    found, place = [], places.FIRST
    while place is not None:
        page = selectors.bookmarks_page(account_id=ada.pk, place=place)
        found += [one.id for one in page.items]
        place = places.parse(page.next_cursor) if page.next_cursor else None

    assert found == ids[::-1]


def test_the_ribbon_keeps_and_the_page_lists(client, ada, written):
    client.force_login(ada)
    assert "ribbon below a post" in client.get("/bookmarks").text

    client.post(f"/posts/{written[0].pk}/bookmark")
    page = client.get("/bookmarks").text

    assert "post 0" in page
    assert f"/posts/{written[0].pk}/unbookmark" in page
    client.post(f"/posts/{written[0].pk}/unbookmark")
    assert "post 0" not in client.get("/bookmarks").text


def test_a_post_for_followers_has_no_way_to_be_reposted(client, ada):
    client.force_login(ada)
    post = services.publish(author_id=ada.pk, text="among us", audience=Audience.FOLLOWERS)

    page = client.get(f"/@ada/{post.pk}").text

    assert f"/posts/{post.pk}/repost" not in page
    assert f"/posts/{post.pk}/like" in page
