import pytest

from apps.bundled.mentions import services, texts
from apps.bundled.mentions.models import Mention
from apps.notifications import selectors
from apps.plugins import switches
from apps.posts import services as posts
from apps.posts.texts import to_html

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def two(make_account):
    return make_account("ada", shard="shard0"), make_account("wren", shard="shard1")


def told(account):
    page = selectors.page(account.pk, before=None)
    return [(card.kind.value, card.actor.username, card.post.id) for card in page.items]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("@ann!", '<a href="/@ann" class="mention">@ann</a>!'),
        ("ann@example.org", "ann@example.org"),
        ("@ann@example.org", "@ann@example.org"),
    ],
)
def test_mentions_become_links(text, html):
    assert to_html(text, texts.marks(text)) == html


def test_one_post_tells_ten_at_most():
    assert len(texts.names(" ".join(f"@n{number}" for number in range(20)))) == texts.MOST


def test_who_is_mentioned_is_told_once_on_another_shard(client, two, deliver):
    ada, wren = two
    post = posts.publish(author_id=wren.pk, text="hello @ADA and @ada, @wren, @nobody")
    deliver()
    services.tell(post_id=post.pk, author_id=wren.pk, in_reply_to_id=None)

    assert told(ada) == [("mention", "wren", post.pk)]
    assert told(wren) == []
    client.force_login(ada)
    assert "mentions you" in client.get("/notifications").text


def test_who_is_answered_is_not_told_twice(two, deliver):
    ada, wren = two
    post = posts.publish(author_id=ada.pk, text="hello")
    reply = posts.publish(author_id=wren.pk, text="@ada hello", in_reply_to_id=post.pk)
    deliver()

    assert told(ada) == [("reply", "wren", reply.pk)]


def test_a_deleted_post_takes_its_mentions_back_in_whatever_order_that_is_heard(two, deliver):
    ada, wren = two
    post = posts.publish(author_id=wren.pk, text="@ada")
    deliver()
    posts.delete(post_id=post.pk, by=wren.pk)
    deliver()
    services.tell(post_id=post.pk, author_id=wren.pk, in_reply_to_id=None)

    assert told(ada) == []
    assert not Mention.objects.filter(post_id=post.pk).exists()


def test_off_nobody_is_told_and_nothing_is_linked_on_again_it_is_once(client, two, deliver):
    ada, wren = two
    switches.switch("mentions", "off")
    unheard = posts.publish(author_id=wren.pk, text="@ada first")
    deliver()

    assert told(ada) == []
    assert 'class="mention"' not in client.get("/@wren").text

    switches.switch("mentions", "on")
    heard = posts.publish(author_id=wren.pk, text="@ada second")
    deliver()

    assert told(ada) == [("mention", "wren", heard.pk)]
    assert client.get(f"/@wren/{unheard.pk}").text.count('class="mention"') == 1
