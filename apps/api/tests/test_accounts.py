"""Accounts as apps see, follow, mute and change them."""

import io

import pytest
from PIL import Image

from apps.bundled.moderation.models import Report
from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


def test_an_account_knows_itself_and_says_more_than_to_others(ask, ada):
    own = ask(ada, "GET", "/api/v1/accounts/verify_credentials").json()
    seen = ask(None, "GET", f"/api/v1/accounts/{ada.pk}").json()

    assert own["source"]["note"] == ""
    assert "source" not in seen
    assert seen == {name: own[name] for name in seen}
    assert (seen["id"], seen["acct"], seen["url"]) == (
        str(ada.pk),
        "ada",
        "http://127.0.0.1:8000/@ada",
    )


def test_a_profile_is_changed_in_part(ask, client, ada, token_of):
    ask(ada, "PATCH", "/api/v1/accounts/update_credentials", display_name="Ada L.", note="a #note")
    picture = io.BytesIO()
    Image.new("RGB", (9, 9)).save(picture, "PNG")
    boundary = "x1x"
    body = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="avatar"; filename="a.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        ).encode()
        + picture.getvalue()
        + f"\r\n--{boundary}--\r\n".encode()
    )
    found = client.generic(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        body,
        f"multipart/form-data; boundary={boundary}",
        headers={"Authorization": f"Bearer {token_of(ada)}"},
    ).json()

    assert (found["display_name"], found["source"]["note"]) == ("Ada L.", "a #note")
    assert found["avatar"].endswith(".webp")
    assert found["note"].startswith("<p>a <a href=")


def test_accounts_are_found_by_name_and_by_how_it_begins(ask, ada, wren, make_account):
    make_account("wrenna")

    whole = ask(None, "GET", "/api/v1/accounts/lookup", acct="WREN@127.0.0.1:8000").json()
    begun = ask(ada, "GET", "/api/v1/accounts/search", q="@wre").json()
    searched = ask(ada, "GET", "/api/v2/search", q="wren", type="accounts").json()
    elsewhere = ask(None, "GET", "/api/v1/accounts/lookup", acct="wren@elsewhere.example")

    assert whole["id"] == str(wren.pk)
    assert [one["acct"] for one in begun] == ["wren", "wrenna"]
    assert [one["acct"] for one in searched["accounts"]] == ["wren", "wrenna"]
    assert elsewhere.status_code == 404


def test_following_shows_in_relationships_lists_and_counts(ask, ada, wren, deliver):
    made = ask(wren, "POST", f"/api/v1/accounts/{ada.pk}/follow").json()
    deliver()
    of_ada = ask(ada, "GET", "/api/v1/accounts/relationships", **{"id[]": wren.pk}).json()
    followers = ask(None, "GET", f"/api/v1/accounts/{ada.pk}/followers").json()
    following = ask(None, "GET", f"/api/v1/accounts/{wren.pk}/following").json()

    assert (made["following"], made["followed_by"]) == (True, False)
    assert (of_ada[0]["following"], of_ada[0]["followed_by"]) == (False, True)
    assert [one["acct"] for one in followers] == ["wren"]
    assert [(one["acct"], one["followers_count"]) for one in following] == [("ada", 1)]

    after = ask(wren, "POST", f"/api/v1/accounts/{ada.pk}/unfollow").json()
    assert after["following"] is False


@pytest.mark.parametrize(("verb", "field"), [("mute", "muting"), ("block", "blocking")])
def test_muting_and_blocking_come_and_go(ask, ada, wren, verb, field):
    made = ask(ada, "POST", f"/api/v1/accounts/{wren.pk}/{verb}").json()
    listed = ask(ada, "GET", f"/api/v1/{verb}s").json()
    after = ask(ada, "POST", f"/api/v1/accounts/{wren.pk}/un{verb}").json()

    assert (made[field], after[field]) == (True, False)
    assert [one["acct"] for one in listed] == ["wren"]


def test_across_a_block_nothing_is_done_and_nothing_seen(ask, ada, wren):
    post = posts.publish(author_id=ada.pk, text="hello")
    ask(ada, "POST", f"/api/v1/accounts/{wren.pk}/block")

    assert ask(wren, "POST", f"/api/v1/accounts/{ada.pk}/follow").status_code == 403
    assert ask(wren, "POST", f"/api/v1/statuses/{post.pk}/favourite").status_code == 404
    assert ask(wren, "GET", f"/api/v1/statuses/{post.pk}").status_code == 404
    assert ask(wren, "GET", f"/api/v1/accounts/{ada.pk}/statuses").json() == []
    assert ask(wren, "GET", "/api/v1/timelines/public").json() == []


def test_what_somebody_wrote_can_be_asked_for_in_part(ask, ada, wren):
    post = posts.publish(author_id=wren.pk, text="by wren #tag")
    own = posts.publish(author_id=ada.pk, text="own #tag")
    reply = posts.publish(author_id=ada.pk, text="a reply", in_reply_to_id=post.pk)
    repost = posts.repost(author_id=ada.pk, post_id=post.pk)

    def listed(**fields):
        found = ask(None, "GET", f"/api/v1/accounts/{ada.pk}/statuses", **fields).json()
        return [int(one["id"]) for one in found]

    assert listed() == [repost.pk, reply.pk, own.pk]
    assert listed(exclude_replies="true") == [repost.pk, own.pk]
    assert listed(exclude_reblogs="true") == [reply.pk, own.pk]
    assert listed(tagged="TAG") == [own.pk]
    assert listed(pinned="true") == []
    assert listed(only_media="true") == []


@pytest.mark.parametrize("path", ["followers", "following"])
def test_lists_of_people_of_any_length_take_as_many_queries(
    ask, ada, make_account, count_queries, path
):
    def listed(number):
        with count_queries() as queries:
            found = ask(None, "GET", f"/api/v1/accounts/{ada.pk}/{path}", limit=number).json()
        assert len(found) == number
        return len(queries)

    for number in range(10):
        other = make_account(shard=f"shard{number % 2}")
        pair = (other, ada) if path == "followers" else (ada, other)
        ask(pair[0], "POST", f"/api/v1/accounts/{pair[1].pk}/follow")

    assert listed(2) == listed(10)


def test_reports_reach_staff_once_each_and_only_of_what_one_sees(ask, ada, wren):
    post = posts.publish(author_id=ada.pk, text="rude").pk
    mine = posts.publish(author_id=wren.pk, text="mine").pk
    fields = {"account_id": ada.pk, "category": "spam", "comment": "look"}

    made = ask(wren, "POST", "/api/v1/reports", **fields, status_ids=[post])
    again = ask(wren, "POST", "/api/v1/reports", **fields, status_ids=[post])
    others = ask(wren, "POST", "/api/v1/reports", **fields, status_ids=[mine])
    oneself = ask(ada, "POST", "/api/v1/reports", **fields)

    assert (made.status_code, again.status_code) == (200, 200)
    assert made.json()["target_account"]["acct"] == "ada"
    assert (others.status_code, oneself.status_code) == (404, 422)
    (report,) = Report.objects.filter(account_id=ada.pk)
    assert (report.post_id, report.reason, report.comment) == (post, "spam", "look")
