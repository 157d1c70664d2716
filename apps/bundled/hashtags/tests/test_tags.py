import pytest

from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_tag_page_shows_posts_of_every_shard_newest_first(client, make_account, deliver):
    written = [
        posts.publish(author_id=make_account(shard=f"shard{n % 2}").pk, text=f"{n} #Rooks #x").pk
        for n in range(25)
    ]
    posts.publish(author_id=make_account().pk, text="#other")
    deliver()

    first = client.get("/tags/rooks")
    second = client.get("/tags/rooks", {"before": first.context["page"].next_cursor})

    found = [c.id for answer in (first, second) for c in answer.context["page"].items]
    assert found == written[::-1]


def test_a_deleted_post_leaves_its_tags(client, make_account, deliver):
    author = make_account()
    post = posts.publish(author_id=author.pk, text="#rooks")
    deliver()
    posts.delete(post_id=post.pk, by=author.pk)
    deliver()

    assert "No post carries #rooks yet." in client.get("/tags/rooks").text


def test_a_tag_has_one_address(client):
    assert client.get("/tags/Rooks").url == "/tags/rooks"
