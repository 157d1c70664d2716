"""Who follows whom, as pages."""

import pytest

from apps.follows import services as follows
from apps.follows import views

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


def names(page):
    return [one["profile"].username for one in page.context["people"]]


def test_followers_of_all_shards_come_page_by_page(client, ada, make_account, monkeypatch):
    monkeypatch.setattr(views, "PAGE", 2)
    readers = [make_account(f"reader{n}", shard=f"shard{n % 2}") for n in range(5)]
    for reader in readers:
        follows.follow(follower_id=reader.pk, followed_id=ada.pk)

    seen, path = [], "/@ada/followers"
    while path:
        page = client.get(path)
        seen += names(page)
        cursor = page.context["next_cursor"]
        path = f"/@ada/followers?before={cursor}" if cursor else ""

    newest_first = sorted(readers, key=lambda reader: -reader.pk)
    assert seen == [reader.username for reader in newest_first]


def test_whom_one_follows_is_shown_with_a_button_for_who_is_signed_in(client, ada, make_account):
    wren, crow = make_account("wren", shard="shard1"), make_account("crow", shard="shard0")
    for other in (wren, crow):
        follows.follow(follower_id=ada.pk, followed_id=other.pk)
    follows.follow(follower_id=wren.pk, followed_id=crow.pk)
    client.force_login(wren)

    page = client.get("/@ada/following")

    assert {one["profile"].username: one["following"] for one in page.context["people"]} == {
        "wren": False,
        "crow": True,
    }
    assert page.text.count('action="/@crow/unfollow"') == 1
    assert 'action="/@wren/' not in page.text


def test_nobody_is_said_and_who_is_not_there_is_not_there(client, ada):
    assert "Nobody yet." in client.get("/@ada/followers").text
    assert client.get("/@nobody/following").status_code == 404
    assert client.get("/@ada/followers?before=x").status_code == 404


def test_who_is_blocked_is_in_no_list(client, ada, make_account):
    wren, crow = make_account("wren", shard="shard1"), make_account("crow", shard="shard0")
    follows.follow(follower_id=ada.pk, followed_id=crow.pk)
    client.force_login(wren)
    client.post("/moderation/people/crow", {"do": "block"})

    assert names(client.get("/@ada/following")) == []
