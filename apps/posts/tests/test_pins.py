import pytest

from apps.posts import pins, services
from apps.posts.errors import NoSuchPost, NotTheAuthor
from apps.posts.kinds import Audience
from apps.posts.models import Pin

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


def shown(account, viewer=None):
    return [one.id for one in pins.shown(account.pk, viewer_id=viewer and viewer.pk)]


def test_one_post_is_shown_first(client, ada):
    one, two = (services.publish(author_id=ada.pk, text=text) for text in ("one", "two"))
    client.force_login(ada)

    for post in (one, two):
        client.post(f"/posts/{post.pk}/pin")

    assert shown(ada) == [two.pk]
    assert "Shown first" in client.get("/@ada").text
    assert f"/posts/{two.pk}/unpin" in client.get(f"/@ada/{two.pk}").text
    client.post(f"/posts/{one.pk}/unpin")
    assert shown(ada) == [two.pk]
    client.post(f"/posts/{two.pk}/unpin")
    assert "Shown first" not in client.get("/@ada").text


def test_nobody_pins_what_is_not_his(ada, make_account):
    wren = make_account("wren")
    post = services.publish(author_id=ada.pk, text="mine")
    repost = services.repost(author_id=wren.pk, post_id=post.pk)

    with pytest.raises(NotTheAuthor):
        pins.pin(account_id=wren.pk, post_id=post.pk)
    with pytest.raises(NoSuchPost):
        pins.pin(account_id=wren.pk, post_id=repost.pk)


def test_a_pin_goes_with_its_post(ada):
    post = services.publish(author_id=ada.pk, text="mine")
    pins.pin(account_id=ada.pk, post_id=post.pk)

    services.delete(post_id=post.pk)

    assert shown(ada) == []
    assert not Pin.objects.filter(author_id=ada.pk).exists()


def test_what_is_pinned_for_followers_is_shown_to_nobody_else(ada, make_account):
    post = services.publish(author_id=ada.pk, text="psst", audience=Audience.FOLLOWERS)
    pins.pin(account_id=ada.pk, post_id=post.pk)

    assert shown(ada) == shown(ada, make_account("wren")) == []
    assert shown(ada, ada) == [post.pk]
