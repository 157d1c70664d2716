"""What apps are told of notifications; markers."""

import pytest

pytestmark = pytest.mark.django_db(databases="__all__")
LISTED = "/api/v1/notifications"


@pytest.fixture
def told(ask, make_account, deliver):
    """Ada, of whom wren has done everything."""
    ada, wren = make_account("ada", shard="shard0"), make_account("wren", shard="shard1")
    post = ask(ada, "POST", "/api/v1/statuses", status="hello").json()["id"]
    ask(wren, "POST", f"/api/v1/accounts/{ada.pk}/follow")
    for verb in ("favourite", "reblog"):
        ask(wren, "POST", f"/api/v1/statuses/{post}/{verb}")
    ask(wren, "POST", "/api/v1/statuses", status="a reply", in_reply_to_id=post)
    deliver()
    return ada, wren, post


def test_each_kind_has_the_name_that_apps_know(ask, told):
    ada, _, post = told

    found = ask(ada, "GET", LISTED).json()

    by_type = {one["type"]: one for one in found}
    assert by_type.keys() == {"follow", "favourite", "reblog", "mention"}
    assert {one["account"]["acct"] for one in found} == {"wren"}
    assert by_type["favourite"]["status"]["id"] == by_type["reblog"]["status"]["id"] == post
    assert by_type["mention"]["status"]["in_reply_to_id"] == post
    assert "status" not in by_type["follow"]


def test_kinds_are_asked_for_or_left_out(ask, told):
    ada, wren, _ = told

    def types(**fields):
        return {one["type"] for one in ask(ada, "GET", LISTED, **fields).json()}

    assert types(**{"types[]": ["follow", "reblog"]}) == {"follow", "reblog"}
    assert types(**{"exclude_types[]": ["follow", "reblog"]}) == {"favourite", "mention"}
    assert types(account_id=wren.pk) != set()
    assert types(account_id=ada.pk) == set()


def test_one_is_shown_dismissed_and_all_are_cleared(ask, told):
    ada, wren, _ = told
    first = ask(ada, "GET", LISTED).json()[0]["id"]

    assert ask(ada, "GET", f"{LISTED}/{first}").json()["id"] == first
    assert ask(wren, "GET", f"{LISTED}/{first}").status_code == 404
    assert ask(wren, "POST", f"{LISTED}/{first}/dismiss").status_code == 404
    assert ask(ada, "POST", f"{LISTED}/{first}/dismiss").json() == {}
    assert ask(ada, "GET", f"{LISTED}/{first}").status_code == 404
    assert len(ask(ada, "GET", LISTED).json()) == 3
    ask(ada, "POST", f"{LISTED}/clear")
    assert ask(ada, "GET", LISTED).json() == []


def test_a_marker_moves_forward_only_and_marks_notifications_as_seen(ask, told):
    ada, _, post = told
    newest = ask(ada, "GET", LISTED).json()[0]["id"]
    assert ask(ada, "GET", f"{LISTED}/unread_count").json() == {"count": 4}

    moved = ask(
        ada,
        "POST",
        "/api/v1/markers",
        home={"last_read_id": post},
        notifications={"last_read_id": newest},
    ).json()
    back = ask(ada, "POST", "/api/v1/markers", home={"last_read_id": "1"}).json()
    asked = {"timeline[]": ["home", "notifications"]}
    shown = ask(ada, "GET", "/api/v1/markers", **asked).json()

    assert moved["home"]["last_read_id"] == back["home"]["last_read_id"] == post
    assert shown["notifications"]["last_read_id"] == newest
    assert ask(ada, "GET", f"{LISTED}/unread_count").json() == {"count": 0}


def test_a_list_of_any_length_takes_as_many_queries(ask, make_account, deliver, count_queries):
    ada = make_account("ada", shard="shard0")
    post = ask(ada, "POST", "/api/v1/statuses", status="hello").json()["id"]
    for number in range(10):
        other = make_account(shard=f"shard{number % 2}")
        ask(other, "POST", "/api/v1/statuses", status=f"reply {number}", in_reply_to_id=post)
    deliver()

    def listed(number):
        with count_queries() as queries:
            found = ask(ada, "GET", LISTED, limit=number).json()
        assert len(found) == number
        return len(queries)

    # The five newest may all come from one shard.
    assert listed(6) == listed(10)
