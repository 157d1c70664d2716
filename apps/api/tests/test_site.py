"""The site as apps find it: what it is, who is where, what is searched for and trends."""

import pytest
from django.contrib.staticfiles import finders

from apps.bundled.hashtags import trending
from apps.bundled.hashtags.trending import Trend
from apps.plugins import switches
from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada")


def test_both_forms_of_the_site_agree(client, settings):
    settings.PUSH_URL = "wss://push.example"

    first, second = (client.get(f"/api/{v}/instance").json() for v in ("v1", "v2"))

    assert first["uri"] == second["domain"] == "127.0.0.1:8000"
    assert first["urls"]["streaming_api"] == "wss://push.example"
    assert second["configuration"]["urls"]["streaming"] == "wss://push.example"
    assert first["configuration"]["statuses"]["max_characters"] == 500
    assert first["version"] == second["version"]


def test_pictures_that_stand_for_missing_ones_are_there(client, ada):
    found = client.get(f"/api/v1/accounts/{ada.pk}").json()

    for name in ("avatar", "header"):
        path = found[name].removeprefix("http://127.0.0.1:8000/static/")
        assert finders.find(path)


@pytest.mark.parametrize("resource", ["acct:ADA@127.0.0.1:8000", "http://127.0.0.1:8000/@ada"])
def test_an_account_is_found_by_its_address(client, ada, resource):
    answer = client.get("/.well-known/webfinger", {"resource": resource})

    assert answer["Content-Type"] == "application/jrd+json"
    assert answer.json()["subject"] == "acct:ada@127.0.0.1:8000"
    assert answer.json()["links"][0]["href"] == "http://127.0.0.1:8000/@ada"


@pytest.mark.parametrize(
    "resource", ["", "ada", "acct:ada", "acct:ada@x.example", "acct:no@127.0.0.1:8000"]
)
def test_an_account_that_is_not_here_is_not_found(client, ada, resource):
    assert client.get("/.well-known/webfinger", {"resource": resource}).status_code == 404


def test_the_software_says_what_it_is(client):
    place = client.get("/.well-known/nodeinfo").json()["links"][0]["href"]

    found = client.get(place.removeprefix("http://127.0.0.1:8000")).json()

    assert found["software"]["name"] == "rookery"
    assert found["openRegistrations"] is True


def test_a_search_finds_accounts_tags_and_posts(ask, ada, deliver):
    post = posts.publish(author_id=ada.pk, text="a rare word #adanote")
    deliver()

    everything = ask(ada, "GET", "/api/v2/search", q="ada").json()
    words = ask(None, "GET", "/api/v2/search", q="rare", type="statuses").json()
    tags = ask(ada, "GET", "/api/v2/search", q="#adanote", type="hashtags").json()

    assert [one["acct"] for one in everything["accounts"]] == ["ada"]
    assert [one["id"] for one in words["statuses"]] == [str(post.pk)]
    assert [one["name"] for one in tags["hashtags"]] == ["adanote"]
    assert words["accounts"] == tags["statuses"] == []


def test_a_search_that_makes_no_sense_is_refused_with_the_reason(ask):
    answer = ask(None, "GET", "/api/v2/search", q="-only", type="statuses")

    assert answer.status_code == 422
    assert answer.json()["error"]


def test_a_tag_has_its_timeline_and_what_trends_its_counts(ask, ada, deliver, monkeypatch):
    monkeypatch.setattr(trending, "top", lambda: [Trend("rooks", 3)])
    post = posts.publish(author_id=ada.pk, text="on #Rooks")
    posts.publish(author_id=ada.pk, text="on nothing")
    deliver()

    listed = ask(None, "GET", "/api/v1/timelines/tag/ROOKS").json()
    trends = ask(None, "GET", "/api/v1/trends/tags").json()

    assert [one["id"] for one in listed] == [str(post.pk)]
    assert [(one["name"], one["history"][0]["uses"]) for one in trends] == [("rooks", "3")]


def test_what_a_plugin_adds_is_gone_with_it(ask, ada, make_account, deliver):
    other = make_account("wren")
    post = posts.publish(author_id=ada.pk, text="on #rooks with @wren")
    deliver()
    off = ("hashtags", "mentions", "search", "moderation")
    switches.assume({name: switches.Standing("off", 1) for name in off})

    shown = ask(None, "GET", f"/api/v1/statuses/{post.pk}").json()

    assert (shown["tags"], shown["mentions"]) == ([], [])
    assert ask(None, "GET", "/api/v1/timelines/tag/rooks").json() == []
    assert ask(None, "GET", "/api/v2/search", q="rooks").json()["statuses"] == []
    assert ask(ada, "POST", f"/api/v1/accounts/{other.pk}/mute").status_code == 404


@pytest.mark.parametrize("path", ["lists", "filters", "conversations"])
def test_what_the_site_has_none_of_is_an_empty_list(ask, ada, path):
    assert ask(ada, "GET", f"/api/v1/{path}").json() == []
