"""What is not done across a block, nor by who is suspended."""

import pytest

from apps.accounts.errors import NotAllowed
from apps.bundled.moderation import relations
from apps.bundled.moderation.errors import Oneself
from apps.bundled.moderation.models import Relation
from apps.bundled.moderation.tests.test_sight import suspend
from apps.follows import selectors as following
from apps.follows import services as follows
from apps.follows.events import AccountFollowed
from apps.notifications import selectors as notifications
from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__")

DEEDS = {
    "follow": lambda by, author, post: follows.follow(follower_id=by, followed_id=author),
    "reply": lambda by, author, post: posts.publish(author_id=by, text="x", in_reply_to_id=post),
    "like": lambda by, author, post: posts.like(account_id=by, post_id=post),
    "repost": lambda by, author, post: posts.repost(author_id=by, post_id=post),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("blocker", ["ada", "wren"])
def test_nothing_is_done_across_a_block_in_either_direction(ada, wren, deed, blocker):
    post = posts.publish(author_id=ada.pk, text="hello")
    owner, other = (ada, wren) if blocker == "ada" else (wren, ada)
    relations.block(owner_id=owner.pk, other_id=other.pk)

    with pytest.raises(NotAllowed):
        DEEDS[deed](wren.pk, ada.pk, post.pk)

    relations.unblock(owner_id=owner.pk, other_id=other.pk)
    DEEDS[deed](wren.pk, ada.pk, post.pk)


def test_a_repost_of_somebodys_repost_is_one_of_who_blocks(ada, wren, make_account):
    robin = make_account("robin")
    post = posts.publish(author_id=ada.pk, text="hello")
    repost = posts.repost(author_id=robin.pk, post_id=post.pk)
    relations.block(owner_id=ada.pk, other_id=wren.pk)

    with pytest.raises(NotAllowed):
        posts.repost(author_id=wren.pk, post_id=repost.pk)


def test_a_mention_across_a_block_tells_nobody(ada, wren, deliver):
    relations.block(owner_id=ada.pk, other_id=wren.pk)
    posts.publish(author_id=wren.pk, text="@ada listen")
    deliver()

    assert notifications.unread_count(ada.pk) == 0


def test_a_follow_that_was_begun_before_a_block_does_not_outlast_it(ada, wren, deliver):
    relations.block(owner_id=ada.pk, other_id=wren.pk)
    # It was allowed when it was asked about, and stored after the block.
    from apps.events import outbox
    from apps.follows.models import Follow
    from apps.sharding import shards

    with shards.atomic_for(wren.pk):
        Follow.objects.create(follower_id=wren.pk, followed_id=ada.pk)
        outbox.record(AccountFollowed(follower_id=wren.pk, followed_id=ada.pk))
    deliver()

    assert not following.is_following(wren.pk, ada.pk)


def test_muting_and_blocking_again_changes_nothing(ada, wren):
    for _ in range(2):
        relations.mute(owner_id=ada.pk, other_id=wren.pk)
        relations.block(owner_id=ada.pk, other_id=wren.pk)

    assert Relation.objects.filter(owner_id=ada.pk).count() == 2
    assert Relation.objects.filter(owner_id=wren.pk).count() == 1
    with pytest.raises(Oneself):
        relations.block(owner_id=ada.pk, other_id=ada.pk)


def test_who_is_suspended_posts_nothing(ada, staff):
    suspend(ada, staff)

    with pytest.raises(NotAllowed):
        posts.publish(author_id=ada.pk, text="hello")


def test_the_pages_mute_block_and_list(client, ada, wren):
    client.force_login(wren)
    page = "/moderation/people/ada"

    assert "Mute @ada" in client.get(page).text
    assert "mute and block nobody" in client.get("/moderation/people").text
    client.post(page, {"do": "mute"})
    assert "Unmute @ada" in client.get(page).text
    client.post(page, {"do": "block"})
    listed = client.get("/moderation/people").text
    assert "Unmute" in listed
    assert "Unblock" in listed
    client.post(page, {"do": "unblock"})
    client.post(page, {"do": "unmute"})
    assert relations.unseen(wren.pk) == (frozenset(), frozenset(), ())

    assert client.post(page, {"do": "eat"}).status_code == 404
    assert client.get("/moderation/people/wren").status_code == 400
    assert client.get("/moderation/people/nobody").status_code == 404
    client.logout()
    assert client.post(page, {"do": "mute"}).url.startswith("/accounts/sign-in")
