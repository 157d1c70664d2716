"""Pictures from their upload to their end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.pictures import files, receivers, selectors, services
from apps.pictures.errors import NoSuchPicture, PictureRefused
from apps.pictures.events import PicturesDropped, PictureStored
from apps.pictures.models import Picture, State
from apps.pictures.services import Focus
from apps.posts import services as posts
from apps.posts.errors import NoSuchPost, TextRefused
from apps.posts.models import Post
from apps.sharding.conf import conf

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


@pytest.fixture
def stored(kept, picture):
    def make(account, **fields):
        return services.store(author_id=account.pk, upload=picture(), **fields)

    return make


def test_a_picture_lives_on_its_authors_shard_with_a_name_that_nobody_guesses(stored, wren, kept):
    one, other = stored(wren, alt="  two\n rooks "), stored(wren)

    row = Picture.objects.using("shard1").get(id=one.pk)

    assert (row.state, row.alt, row.post_id) == (State.STORED, "two rooks", None)
    assert (row.width, row.height, row.bytes) == (800, 600, kept.size(row.name))
    assert len(row.name.rpartition("/")[2]) == len("0" * 32 + ".webp")
    assert one.name != other.name


def test_pictures_are_stored_with_the_post_in_their_order(stored, ada):
    first, second = stored(ada), stored(ada, alt="a nest", focus=Focus(-3, 0.5))

    post = posts.publish(author_id=ada.pk, text="", picture_ids=[second.pk, first.pk])

    shown = selectors.of_posts([post.pk])[post.pk]
    assert post.pictures == 2
    assert [card.id for card in shown] == [second.pk, first.pk]
    assert (shown[0].alt, shown[0].focus_x, shown[0].focus_y) == ("a nest", -1.0, 0.5)
    assert (shown[0].across, shown[0].down, shown[1].across) == (0, 2, 5)


def test_no_post_is_stored_without_its_pictures(stored, ada, wren):
    mine, hers = stored(ada), stored(wren)
    posts.publish(author_id=ada.pk, text="out", picture_ids=[mine.pk])

    for wanted in ([mine.pk], [hers.pk], [17]):
        with pytest.raises(NoSuchPicture):
            posts.publish(author_id=ada.pk, text="again", picture_ids=wanted)

    assert list(Post.objects.filter(author_id=ada.pk).values_list("text", flat=True)) == ["out"]


def test_a_post_has_four_pictures_or_words_but_not_nothing(stored, ada):
    five = [stored(ada).pk for _ in range(5)]

    with pytest.raises(PictureRefused, match="at most 4"):
        posts.publish(author_id=ada.pk, text="many", picture_ids=five)
    with pytest.raises(TextRefused):
        posts.publish(author_id=ada.pk, text=" ")


def test_a_thumbnail_comes_by_event_and_the_picture_stands_for_it_until_then(stored, ada, deliver):
    one = stored(ada)
    post = posts.publish(author_id=ada.pk, text="look", picture_ids=[one.pk])
    before = selectors.of_posts([post.pk])[post.pk][0]

    deliver()

    after = selectors.of_posts([post.pk])[post.pk][0]
    assert before.small_url == before.url == f"/media/{one.name}"
    assert after.small_url == f"/media/{files.small_name(one.name)}"
    assert after.small_size == (640, 480)
    assert files.storage().exists(files.small_name(one.name))


def test_deleting_a_post_removes_its_files_and_twice_is_as_once(stored, ada, deliver, kept):
    one = stored(ada)
    post = posts.publish(author_id=ada.pk, text="look", picture_ids=[one.pk])
    deliver()

    posts.delete(post_id=post.pk, by=ada.pk)
    assert kept.exists(one.name)
    deliver()
    receivers.remove_files(PicturesDropped(ada.pk, [one.name]), 1)
    receivers.make_thumbnail(PictureStored(one.pk, ada.pk), 2)

    assert not kept.exists(one.name)
    assert not kept.exists(files.small_name(one.name))
    assert not Picture.objects.filter(id=one.pk).exists()
    with pytest.raises(NoSuchPost):
        posts.delete(post_id=post.pk)


def test_what_nobody_posts_in_a_day_is_swept_and_nothing_else(stored, ada, wren):
    posted, left = stored(ada), stored(ada)
    other = stored(wren)
    posts.publish(author_id=ada.pk, text="look", picture_ids=[posted.pk])
    now = timezone.now()
    kept_today = [services.sweep(shard, now=now) for shard in conf().shards]

    tomorrow = now + timedelta(hours=25)
    swept = [services.sweep(shard, now=tomorrow) for shard in conf().shards]

    assert (kept_today, swept) == ([0, 0], [1, 1])
    assert Picture.objects.filter(id=posted.pk).exists()
    assert not Picture.objects.filter(id__in=[left.pk]).exists()
    assert not Picture.objects.filter(id__in=[other.pk]).exists()


def test_an_upload_whose_process_ended_half_way_cannot_be_posted_and_is_swept(
    kept, picture, ada, monkeypatch
):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "write", die)
    with pytest.raises(KeyboardInterrupt):
        services.store(author_id=ada.pk, upload=picture())

    row = Picture.objects.filter(author_id=ada.pk).get()

    assert row.state == State.COMING
    with pytest.raises(NoSuchPicture):
        posts.publish(author_id=ada.pk, text="look", picture_ids=[row.pk])


def test_only_its_author_describes_a_picture(stored, ada, wren):
    one = stored(ada)

    services.describe(author_id=ada.pk, picture_id=one.pk, alt="a rook", focus=Focus(0.1, 0.2))
    with pytest.raises(NoSuchPicture):
        services.describe(author_id=wren.pk, picture_id=one.pk, alt="mine", focus=Focus())

    assert selectors.mine(one.pk, author_id=ada.pk).alt == "a rook"


def test_a_file_is_sent_as_a_picture_for_good_and_never_as_a_page(client, stored, ada, kept):
    one = stored(ada)

    answer = client.get(f"/media/{one.name}")
    missing = client.get("/media/posts/ab/" + "0" * 32 + ".webp")

    assert b"".join(answer.streaming_content)[8:12] == b"WEBP"
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in answer["Cache-Control"]
    assert missing.status_code == 404
    assert client.get("/media/../settings.py").status_code == 404
