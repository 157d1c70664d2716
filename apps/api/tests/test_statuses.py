"""Posts as apps write, read, like, repost and delete them."""

import pytest

from apps.posts import services as posts
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def ada(make_account):
    return make_account("ada", shard="shard0")


@pytest.fixture
def wren(make_account):
    return make_account("wren", shard="shard1")


def test_a_post_is_what_apps_expect_of_a_status(ask, ada, wren):
    text = "hi @wren <b> #Rooks https://x.example/"
    made = ask(ada, "POST", "/api/v1/statuses", status=text).json()

    shown = ask(wren, "GET", f"/api/v1/statuses/{made['id']}").json()

    assert shown["id"] == made["id"] == str(int(made["id"]))
    assert shown["account"]["acct"] == "ada"
    assert shown["mentions"] == [
        {
            "id": str(wren.pk),
            "username": "wren",
            "acct": "wren",
            "url": "http://127.0.0.1:8000/@wren",
        }
    ]
    assert shown["tags"] == [{"name": "rooks", "url": "http://127.0.0.1:8000/tags/rooks"}]
    assert "&lt;b&gt;" in shown["content"]
    assert 'href="http://127.0.0.1:8000/tags/rooks"' in shown["content"]
    assert 'href="https://x.example/"' in shown["content"]
    assert shown["created_at"].endswith("Z")
    assert (shown["visibility"], shown["reblog"], shown["favourited"]) == ("public", None, False)


def test_a_reply_names_its_parent_and_stands_in_the_context(ask, ada, wren, deliver):
    root = ask(ada, "POST", "/api/v1/statuses", status="root").json()["id"]
    middle = ask(wren, "POST", "/api/v1/statuses", status="middle", in_reply_to_id=root).json()
    leaf = ask(ada, "POST", "/api/v1/statuses", status="leaf", in_reply_to_id=middle["id"]).json()
    deliver()

    found = ask(None, "GET", f"/api/v1/statuses/{middle['id']}/context").json()
    of_root = ask(None, "GET", f"/api/v1/statuses/{root}/context").json()

    assert (middle["in_reply_to_id"], middle["in_reply_to_account_id"]) == (root, str(ada.pk))
    assert [one["id"] for one in found["ancestors"]] == [root]
    assert [one["id"] for one in found["descendants"]] == [leaf["id"]]
    assert [one["id"] for one in of_root["descendants"]] == [middle["id"], leaf["id"]]


def test_likes_and_reposts_come_and_go(ask, ada, wren, deliver):
    post = ask(ada, "POST", "/api/v1/statuses", status="hello").json()["id"]

    liked = ask(wren, "POST", f"/api/v1/statuses/{post}/favourite").json()
    repost = ask(wren, "POST", f"/api/v1/statuses/{post}/reblog").json()
    deliver()
    likers = ask(None, "GET", f"/api/v1/statuses/{post}/favourited_by").json()
    reposters = ask(None, "GET", f"/api/v1/statuses/{post}/reblogged_by").json()

    assert (liked["favourited"], liked["favourites_count"]) == (True, 1)
    assert repost["id"] != post
    assert (repost["reblog"]["id"], repost["account"]["acct"]) == (post, "wren")
    assert [one["acct"] for one in likers + reposters] == ["wren", "wren"]

    ask(wren, "POST", f"/api/v1/statuses/{post}/unfavourite")
    after = ask(wren, "POST", f"/api/v1/statuses/{post}/unreblog").json()
    assert (after["id"], after["favourited"], after["reblogged"]) == (post, False, False)


def test_deleting_gives_the_text_back_and_only_the_author_may(ask, ada, wren):
    post = ask(ada, "POST", "/api/v1/statuses", status="a *slip*").json()["id"]

    refused = ask(wren, "DELETE", f"/api/v1/statuses/{post}")
    gone = ask(ada, "DELETE", f"/api/v1/statuses/{post}")

    assert (refused.status_code, refused.json()) == (404, {"error": "Record not found"})
    assert gone.json()["text"] == "a *slip*"
    assert ask(ada, "GET", f"/api/v1/statuses/{post}").status_code == 404


def test_deleting_a_repost_takes_it_back_and_leaves_the_post(ask, ada, wren):
    post = ask(ada, "POST", "/api/v1/statuses", status="hello").json()["id"]
    repost = ask(wren, "POST", f"/api/v1/statuses/{post}/reblog").json()["id"]

    assert ask(wren, "DELETE", f"/api/v1/statuses/{repost}").status_code == 200

    assert ask(None, "GET", f"/api/v1/statuses/{repost}").status_code == 404
    assert ask(None, "GET", f"/api/v1/statuses/{post}").status_code == 200


def test_what_is_sent_twice_under_a_key_is_one_post(ask, ada):
    key = {"Idempotency-Key": "a-key"}

    one = ask(ada, "POST", "/api/v1/statuses", key, status="once").json()["id"]
    two = ask(ada, "POST", "/api/v1/statuses", key, status="once").json()["id"]
    other = ask(ada, "POST", "/api/v1/statuses", status="once").json()["id"]

    assert one == two != other
    assert Post.objects.scatter().count() == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": ""}, "needs a few words"),
        ({"status": "x" * 501}, "at most 500 characters"),
        ({"status": "x", "scheduled_at": "2030-01-01T00:00:00Z"}, "no scheduled posts"),
        ({"status": "x" * 400, "spoiler_text": "y" * 101}, "at most 500 characters"),
        ({"status": "x", "visibility": "unlisted"}, "was not published"),
    ],
)
def test_what_cannot_be_a_post_is_refused_with_the_reason(ask, ada, fields, words):
    answer = ask(ada, "POST", "/api/v1/statuses", **fields)

    assert answer.status_code == 422
    assert Post.objects.scatter().count() == 0
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("said", "warning"),
    [
        ({"spoiler_text": "beware"}, "beware"),
        ({"sensitive": "true"}, "Sensitive"),
        ({"sensitive": "false"}, ""),
    ],
)
def test_a_post_warns_of_what_is_in_it(ask, ada, said, warning):
    made = ask(ada, "POST", "/api/v1/statuses", status="the end of the film", **said).json()

    assert (made["spoiler_text"], made["sensitive"]) == (warning, bool(warning))
    source = ask(ada, "GET", f"/api/v1/statuses/{made['id']}/source").json()
    assert source["spoiler_text"] == warning


def test_a_post_is_changed_and_its_history_shown(ask, ada, wren):
    post = posts.publish(author_id=ada.pk, text="one").pk
    path = f"/api/v1/statuses/{post}"

    made = ask(ada, "PUT", path, status="two", spoiler_text="loud").json()

    assert (made["text"], made["spoiler_text"]) == ("two", "loud")
    assert made["edited_at"] > made["created_at"]
    history = ask(wren, "GET", f"{path}/history").json()
    assert [one["content"] for one in history] == ["<p>one</p>", "<p>two</p>"]
    assert ask(wren, "PUT", path, status="three").status_code == 404
    assert ask(ada, "PUT", path, status="").status_code == 422


def test_bookmarks_are_listed_by_when_they_were_made(ask, ada, wren):
    written = [posts.publish(author_id=wren.pk, text=str(n)).pk for n in range(4)]
    for post in (written[2], written[0], written[3]):
        made = ask(ada, "POST", f"/api/v1/statuses/{post}/bookmark").json()
        assert made["bookmarked"]

    first = ask(ada, "GET", "/api/v1/bookmarks", limit=2)
    further = first.headers["Link"].split(">")[0].strip("<")

    assert [one["id"] for one in first.json()] == [str(written[3]), str(written[0])]
    rest = ask(ada, "GET", further.partition("8000")[2]).json()
    assert [one["id"] for one in rest] == [str(written[2])]
    assert not ask(ada, "POST", f"/api/v1/statuses/{written[2]}/unbookmark").json()["bookmarked"]
    assert len(ask(ada, "GET", "/api/v1/bookmarks").json()) == 2
    assert ask(wren, "GET", "/api/v1/bookmarks").json() == []


@pytest.mark.parametrize(("asked", "audience"), [("private", 1), ("direct", 2), ("public", 0)])
def test_a_post_is_for_whom_it_is_said_to_be(ask, ada, wren, asked, audience):
    made = ask(ada, "POST", "/api/v1/statuses", status="@wren psst", visibility=asked).json()

    assert made["visibility"] == asked
    assert Post.objects.get(id=int(made["id"])).audience == audience
    theirs = f"/api/v1/statuses/{made['id']}"
    assert ask(wren, "GET", theirs).status_code == 200
    assert ask(None, "GET", theirs).status_code == (200 if asked == "public" else 404)


@pytest.mark.parametrize("path", ["timelines/home", "timelines/public", "accounts/{}/statuses"])
def test_lists_of_any_length_take_as_many_queries(ask, ada, wren, deliver, count_queries, path):
    ask(wren, "POST", f"/api/v1/accounts/{ada.pk}/follow")

    def listed(number):
        whole = f"/api/v1/{path.format(ada.pk)}"
        with count_queries() as queries:
            found = ask(wren, "GET", whole, limit=number).json()
        assert len(found) == number
        return len(queries)

    for number in range(20):
        author, other = (ada, wren)[number % 2], (wren, ada)[number % 2]
        posts.publish(author_id=author.pk, text=f"#{number}x hi @{other.username} #tag")
    deliver()

    assert listed(2) == listed(10)
