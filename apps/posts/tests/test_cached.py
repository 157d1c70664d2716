"""What is written and shown where nothing is under way, so that the cache answers."""

import pytest
from django.core.cache import cache

from apps.accounts import selectors as accounts
from apps.follows import services as follows
from apps.posts import drafts
from apps.posts.drafts import Content
from apps.posts.kinds import Audience
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.mark.parametrize("text", ["among us", "among us @wren"])
@pytest.mark.parametrize("audience", Audience)
def test_a_post_goes_out_and_is_changed_whether_it_names_somebody_or_not(
    client, make_account, deliver, audience, text
):
    cache.clear()
    ada, wren = make_account("ada", shard="shard0"), make_account("wren", shard="shard1")
    follows.follow(follower_id=wren.pk, followed_id=ada.pk)
    client.force_login(ada)
    draft = drafts.keep(author_id=ada.pk, content=Content(text, audience))

    form = {"text": text, "audience": str(audience.value), "kept": str(draft.pk), "warning": "x"}
    assert client.post("/posts/", form).status_code == 302
    deliver()
    post = Post.objects.get(author_id=ada.pk)
    assert client.post(f"/posts/{post.pk}/edit", {"text": f"nightjar {text}"}).status_code == 302
    deliver()

    is_seen = audience != Audience.NAMED or "@wren" in text
    path = f"/@ada/{post.pk}"
    assert "nightjar" in client.get(path).text
    assert client.get("/drafts").context["page"].items == []
    client.force_login(wren)
    for _ in range(2):
        assert client.get(path).status_code == (200 if is_seen else 404)
        assert ("nightjar" in client.get("/@ada").text) == is_seen
    client.logout()
    assert client.get(path).status_code == (200 if audience == Audience.PUBLIC else 404)


def test_of_no_names_there_are_no_ids():
    cache.clear()

    assert accounts.ids_named(()) == {}
