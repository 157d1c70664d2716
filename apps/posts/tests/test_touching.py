"""Which tags a write to posts touches: that one has arrived ends no page but its author's."""

import pytest
from django.db import connections
from django.utils import timezone

from apps.caching import triggers
from apps.posts import cards, services
from apps.posts.models import Post
from apps.sharding import directory, shards

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture
def post(make_account):
    account = make_account("ada", shard="shard0")
    return services.publish(author_id=account.pk, text="the first post")


def touched(post, write):
    """Return the families that a write touches, each by a tag of this post or of its author."""
    with shards.atomic_for(post.pk):
        write(Post.objects.filter(id=post.pk))
        with connections[directory.shard_of_id(post.pk)].cursor() as cursor:
            cursor.execute("SELECT current_setting(%s, true)", [triggers.TOUCHED])
            found = set((cursor.fetchone()[0] or "").split())
    named = {f"author:{post.author_id}", "public:any"}
    named |= {f"{family}:{post.pk}" for family in ("post", "tally", "arrival")}
    assert {tag.removeprefix("posts.") for tag in found if tag.startswith("posts.")} <= named
    return {tag.split(":")[0].removeprefix("posts.") for tag in found} & {
        name.split(":")[0] for name in named
    }


SHARED = {"author", "post", "public", "tally"}


@pytest.mark.parametrize(
    ("changed", "families"),
    [
        ({"arrived_at": timezone.now()}, {"arrival"}),
        ({"text": "another text"}, SHARED),
        ({"text": "another text", "arrived_at": timezone.now()}, SHARED | {"arrival"}),
        ({"text": "the first post", "arrived_at": None}, set()),
    ],
)
def test_an_update_touches_what_depends_on_what_it_changes(post, changed, families):
    assert touched(post, lambda posts: posts.update(**changed)) == families


def test_a_post_that_goes_touches_all(post):
    assert touched(post, lambda posts: posts.delete()) == SHARED | {"arrival"}


def test_a_post_that_comes_touches_all(post):
    def publish(posts):
        posts.delete()
        post.save(force_insert=True, using=directory.shard_of_id(post.pk))

    assert touched(post, publish) == SHARED | {"arrival"}


def test_who_wrote_it_is_shown_at_once_that_it_has_arrived(post):
    def shown():
        return [one.arrived_at for one in cards.listed([post.pk], viewer_id=post.author_id)]

    assert shown() == [None]
    services.arrive(shard="shard0", post_ids=[post.pk])

    assert shown() == [Post.objects.get(id=post.pk).arrived_at]
    assert shown() != [None]
    assert [one.arrived_at for one in cards.listed([post.pk], viewer_id=None)] == [None]
