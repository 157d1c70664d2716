import pytest
from django.core.cache import cache

from apps.bundled.link_cards import pages, services
from apps.bundled.link_cards.models import Card
from apps.outgoing import client
from apps.outgoing.client import Limits
from apps.outgoing.tests import servers
from apps.outgoing.tests.servers import answer, endless
from apps.plugins import switches
from apps.plugins.models import Fault
from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__")

PAGE = b"""<title>x</title><meta property="og:title" content="A &lt;b&gt;page&lt;/b&gt;">
<meta property="og:description" content="Of &quot;rooks&quot;">
<meta property="og:image" content="https://page.example/rook.png">"""


@pytest.fixture
def server(monkeypatch):
    with servers.running() as server:
        names = {"inner.example": ["10.0.0.1"]}
        monkeypatch.setattr(client, "RULES", servers.rules(server.port, names=names))
        monkeypatch.setattr(pages, "LIMITS", Limits(seconds=0.5, types=pages.KINDS))
        server.acts["/"] = answer(PAGE)
        yield server
    cache.delete_many(cache.keys("link_cards:*"))


@pytest.fixture
def ada(make_account):
    return make_account("ada")


@pytest.fixture
def write(server, ada, deliver):
    """Return a function that publishes a text, its links to the server, and delivers it."""

    def publish(text):
        text = text.replace("HERE", f"http://page.example:{server.port}")
        post = posts.publish(author_id=ada.pk, text=text)
        deliver()
        return post

    return publish


def cards():
    return {card.post_id: card for card in Card.objects.scatter()}


def test_the_first_link_of_a_post_gets_a_card_that_is_escaped(client, write, server):
    post = write("look: HERE/ and HERE/other")

    page = client.get(f"/@ada/{post.pk}").text

    assert [asked.path for asked in server.asked] == ["/"]
    assert "<strong>A &lt;b&gt;page&lt;/b&gt;</strong>" in page
    assert "Of &quot;rooks&quot;" in page
    assert '<img src="https://page.example/rook.png" alt="" loading="lazy"' in page
    assert f'class="link-card" href="http://page.example:{server.port}/"' in page
    assert client.get("/public").text.count("link-card") == 1


def test_a_card_names_the_server_that_a_link_leads_to_in_the_end(client, write, server):
    server.acts["/short"] = answer(
        status="301 Moved", Location=f"http://end.example:{server.port}/"
    )
    post = write("HERE/short")

    assert '<span class="count">end.example</span>' in client.get(f"/@ada/{post.pk}").text


BAD = {
    "not found": answer(PAGE, status="404 Not Found"),
    "a file": answer(PAGE, kind="image/png"),
    "nothing to say": answer(b"<p>hello"),
    "a drip": endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", b"A: b\r\n", 0.05),
    "a redirect within": answer(status="302 Found", Location="http://inner.example/"),
    "a redirect to itself": answer(status="302 Found", Location="/"),
}


@pytest.mark.parametrize("act", BAD)
def test_what_has_nothing_to_show_gets_no_card_and_is_no_fault(write, server, act):
    server.acts["/"] = BAD[act]
    write("HERE/")

    assert cards() == {}
    assert not Fault.objects.exists()
    assert switches.is_on("link_cards")


def test_an_inner_address_is_not_asked(write, server):
    write(f"http://inner.example:{server.port}/ http://169.254.169.254/latest/meta-data/")

    assert server.asked == []
    assert cards() == {}


def test_a_page_is_asked_once_whoever_links_to_it(write, server):
    written = {write("HERE/").pk, write("HERE/ again").pk}

    assert cards().keys() == written
    assert len(server.asked) == 1


def test_a_server_that_does_not_answer_is_left_alone_for_a_while(write, server):
    server.acts["/hangs"] = endless(b"", b"", 0.05)
    write("HERE/hangs")
    write("HERE/")

    assert [asked.path for asked in server.asked] == ["/hangs"]


def test_our_own_pages_are_not_asked(write, server, settings):
    settings.SITE_URL = f"http://page.example:{server.port}"
    write("HERE/")

    assert server.asked == []


def test_posts_without_links_and_reposts_ask_nobody(write, server, make_account, deliver):
    post = write("no link here, only page.example and ftp://page.example/")
    posts.repost(author_id=make_account().pk, post_id=post.pk)
    deliver()

    assert server.asked == []


def test_a_deleted_post_takes_its_card_along_in_whatever_order_that_is_heard(
    write, server, ada, deliver
):
    post = write("HERE/")
    posts.delete(post_id=post.pk, by=ada.pk)
    deliver()
    services.make(post_id=post.pk)

    assert cards() == {}


def test_a_post_that_goes_while_its_page_is_asked_keeps_no_card(write, server, ada, deliver):
    post = write("no link")
    url = f"http://page.example:{server.port}/"
    texts = {post.pk: url}
    posts.delete(post_id=post.pk, by=ada.pk)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("apps.posts.selectors.texts_of", lambda ids: texts)
        services.make(post_id=post.pk)

    assert len(server.asked) == 1
    assert cards() == {}


def test_off_its_cards_are_gone_on_again_they_are_there_once(client, write, server):
    heard = write("HERE/")
    switches.switch("link_cards", "off")
    unheard = write("HERE/ again")

    assert "link-card" not in client.get("/public").text
    assert cards().keys() == {heard.pk}

    switches.switch("link_cards", "on")
    assert client.get("/public").text.count('class="link-card"') == 1
    assert "link-card" not in client.get(f"/@ada/{unheard.pk}").text
