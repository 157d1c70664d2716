import pytest

from apps.bundled.hashtags.models import TaggedPost
from apps.bundled.moderation.models import Case, Rule
from apps.bundled.search.models import Document
from apps.notifications import selectors as notifications
from apps.posts import edits, services
from apps.posts.errors import NoSuchPost, NotTheAuthor, TextRefused
from apps.posts.kinds import Audience
from apps.posts.models import Post, Version

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


@pytest.fixture
def post(ada):
    return services.publish(author_id=ada.pk, text="one #rooks")


def edit(post, text, **more):
    edits.edit(post_id=post.pk, by=post.author_id, text=text, **more)


def test_what_a_post_said_stays_to_be_read(post):
    edit(post, "two", warning="loud")
    edit(post, "two", warning="loud")
    edit(post, "three")

    said = [(one.text, one.warning) for one in edits.history(post.pk)]

    assert said == [("one #rooks", ""), ("two", "loud"), ("three", "")]
    moments = [one.at for one in edits.history(post.pk)]
    assert moments == sorted(moments)
    assert moments[0] == post.created_at


def test_only_the_author_changes_a_post_that_is_there(post, wren, ada):
    with pytest.raises(NotTheAuthor):
        edits.edit(post_id=post.pk, by=wren.pk, text="two")
    repost = services.repost(author_id=ada.pk, post_id=post.pk)
    with pytest.raises(NoSuchPost):
        edits.edit(post_id=repost.pk, by=ada.pk, text="two")
    services.delete(post_id=post.pk)
    with pytest.raises(NoSuchPost):
        edit(post, "two")
    assert not Version.objects.filter(post_id=post.pk).exists()


def test_a_changed_post_is_found_by_what_it_says_now(post, wren, deliver):
    deliver()
    edit(post, "two #crows @wren")
    deliver()

    assert [row.tag for row in TaggedPost.objects.filter(post_id=post.pk)] == ["crows"]
    assert "crows" in Document.objects.get(post_id=post.pk).words
    assert notifications.unread_count(wren.pk) == 1


def test_a_rule_refuses_what_it_would_have_held(post):
    Rule.objects.create(kind="word", pattern="rude", treatment="hold")

    with pytest.raises(TextRefused):
        edit(post, "something rude")

    assert Post.objects.get(id=post.pk).text == "one #rooks"
    assert not Case.objects.filter(account_id=post.author_id).exists()


def test_who_is_named_later_sees_a_post_from_then_on(client, ada, wren, deliver):
    post = services.publish(author_id=ada.pk, text="psst", audience=Audience.NAMED)
    client.force_login(wren)
    page = f"/@ada/{post.pk}"
    assert (
        client.get(page).status_code == client.get(f"/posts/{post.pk}/history").status_code == 404
    )

    edit(post, "psst @wren")
    deliver()

    assert (
        client.get(page).status_code == client.get(f"/posts/{post.pk}/history").status_code == 200
    )
    edit(post, "psst")
    assert client.get(page).status_code == 200


def test_no_post_is_changed_without_end(post, monkeypatch):
    monkeypatch.setattr(edits, "MOST_VERSIONS", 2)
    edit(post, "two")
    edit(post, "three")

    with pytest.raises(TextRefused, match="too often"):
        edit(post, "four")


def test_the_author_changes_it_on_a_page(client, post, ada):
    client.force_login(ada)
    form = client.get(f"/posts/{post.pk}/edit").text
    assert "one #rooks" in form

    assert client.post(f"/posts/{post.pk}/edit", {"text": " "}).status_code == 422
    client.post(f"/posts/{post.pk}/edit", {"text": "two"})
    page = client.get(f"/@ada/{post.pk}").text

    assert "two" in page
    assert f"/posts/{post.pk}/history" in page
    assert ">one <a" in client.get(f"/posts/{post.pk}/history").text
