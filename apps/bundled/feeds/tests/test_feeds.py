import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest
from django.core.cache import cache

from apps.accounts import services as accounts
from apps.bundled.feeds import changes
from apps.plugins import switches
from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__")
ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def nothing_known():
    yield
    paths = ("@ada/feed.atom", "@ada/feed.json", "tags/rooks/feed.json", "tags/never/feed.json")
    cache.delete_many([f"feeds:{SITE}/{path}" for path in paths])


@pytest.fixture
def ada(make_account):
    account = make_account("ada", shard="shard0")
    accounts.edit_profile(account_id=account.pk, name="A & <B>\x0c\ufffe", bio="")
    return account


@pytest.fixture
def written(ada, make_account, deliver):
    wren = make_account("wren", shard="shard1")
    made = [
        posts.publish(author_id=ada.pk, text='<b>&"hi" ]]> #Rooks @wren'),
        posts.publish(author_id=wren.pk, text="#rooks too"),
    ]
    posts.repost(author_id=ada.pk, post_id=made[1].pk)
    deliver()
    return made


def test_a_profiles_feed_has_its_posts_and_no_reposts(client, written):
    answer = client.get("/@ada/feed.atom")
    root = ET.fromstring(answer.content)
    entries = root.findall(f"{ATOM}entry")

    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert root.find(f"{ATOM}title").text == "A & <B> (@ada) · Rookery"
    assert [e.find(f"{ATOM}id").text for e in entries] == [f"{SITE}/posts/{written[0].pk}"]
    assert entries[0].find(f"{ATOM}title").text == '<b>&"hi" ]]> #Rooks @wren'
    html = entries[0].find(f"{ATOM}content").text
    assert html.startswith("&lt;b&gt;&amp;&quot;hi&quot; ]]&gt; ")
    assert f'href="{SITE}/tags/rooks"' in html
    assert f'href="{SITE}/@wren"' in html
    links = [node.get("href") for node in root.iter(f"{ATOM}link")]
    assert all(link.startswith(f"{SITE}/") for link in links)


def test_json_says_the_same(client, written):
    answer = client.get("/tags/Rooks/feed.json")
    feed = json.loads(answer.content)

    assert answer["Content-Type"] == "application/feed+json; charset=utf-8"
    assert feed["feed_url"] == f"{SITE}/tags/rooks/feed.json"
    assert [item["id"] for item in feed["items"]] == [
        f"{SITE}/posts/{post.pk}" for post in reversed(written)
    ]
    assert feed["items"][0]["authors"] == [{"name": "wren", "url": f"{SITE}/@wren"}]
    assert feed["items"][0]["url"] == f"{SITE}/@wren/{written[1].pk}"


def test_what_has_not_changed_is_not_sent_again(client, written):
    first = client.get("/@ada/feed.atom")

    by_tag = client.get("/@ada/feed.atom", headers={"If-None-Match": first["ETag"]})
    by_time = client.get("/@ada/feed.atom", headers={"If-Modified-Since": first["Last-Modified"]})

    assert (by_tag.status_code, by_time.status_code) == (304, 304)
    assert by_tag.content == b""
    assert by_tag["ETag"] == first["ETag"]


@pytest.mark.parametrize("change", ["published", "deleted", "renamed"])
def test_whatever_changes_it_changes_both_marks(client, ada, written, change):
    first = client.get("/@ada/feed.atom")
    if change == "published":
        posts.publish(author_id=ada.pk, text="more")
    elif change == "deleted":
        posts.delete(post_id=written[0].pk)
    else:
        accounts.edit_profile(account_id=ada.pk, name="Ada", bio="")

    by_tag = client.get("/@ada/feed.atom", headers={"If-None-Match": first["ETag"]})
    by_time = client.get("/@ada/feed.atom", headers={"If-Modified-Since": first["Last-Modified"]})

    assert (by_tag.status_code, by_time.status_code) == (200, 200)
    moments = [parsedate_to_datetime(answer["Last-Modified"]) for answer in (first, by_tag)]
    assert moments[0] < moments[1]
    ET.fromstring(by_tag.content)


def test_states_in_one_second_are_seconds_apart():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    cache.delete("feeds:x")

    found = [changes.changed_at("x", state, now) for state in ("a", "a", "b", "b", "c")]

    assert found == [now + timedelta(seconds=n) for n in (0, 0, 1, 1, 2)]
    cache.delete("feeds:x")


def test_an_empty_feed_is_a_feed(client, ada):
    assert ET.fromstring(client.get("/@ada/feed.atom").content).findall(f"{ATOM}entry") == []
    assert json.loads(client.get("/tags/never/feed.json").content)["items"] == []


@pytest.mark.parametrize("path", ["/@nobody/feed.atom", "/@ada/feed.rss", "/@ada/feed."])
def test_what_is_not_there_is_not_found(client, ada, path):
    assert client.get(path).status_code == 404


def test_without_tags_there_are_no_feeds_of_tags(client, written):
    switches.switch("hashtags", "off")

    assert client.get("/tags/rooks/feed.atom").status_code == 404
    assert client.get("/@ada/feed.atom").status_code == 200


def test_off_its_addresses_and_links_are_gone_on_again_they_are_there_once(client, written):
    switches.switch("feeds", "off")
    assert client.get("/@ada/feed.atom").status_code == 404
    assert "feed.atom" not in client.get("/@ada").text + client.get("/tags/rooks").text

    switches.switch("feeds", "on")
    page = client.get("/@ada").text
    assert page.count('type="application/atom+xml" href="/@ada/feed.atom"') == 1
    assert page.count('<a href="/@ada/feed.atom">Atom</a>') == 1
    assert 'href="/tags/rooks/feed.json"' in client.get("/tags/rooks").text
