"""Pages by `max_id`, `since_id` and `min_id`, and the Link header."""

import re

import pytest

from apps.api import windows
from apps.api.windows import Window
from apps.kernel.cursors import Page
from apps.posts import services as posts


def of(ids, size=5):
    """Return a list of pages of ids, newest first, as selectors give them."""

    def fetch(before):
        rest = [pk for pk in ids if before is None or pk < before]
        return Page(rest[:size], str(rest[size - 1]) if len(rest) > size else None)

    return fetch


@pytest.mark.parametrize(
    ("window", "found"),
    [
        (Window(limit=3), [20, 19, 18]),
        (Window(limit=7), [20, 19, 18, 17, 16, 15, 14]),
        (Window(max_id=4, limit=3), [3, 2, 1]),
        (Window(since_id=17, limit=9), [20, 19, 18]),
        (Window(since_id=10, limit=3), [20, 19, 18]),
        (Window(min_id=10, limit=3), [13, 12, 11]),
        (Window(min_id=10, max_id=13, limit=9), [12, 11]),
        (Window(min_id=20, limit=3), []),
    ],
)
def test_a_window_shows_what_it_says(window, found):
    shown = windows.look(of(range(20, 0, -1)), window, key=int)

    assert shown.items == found
    assert (shown.first, shown.last) == ((found[0], found[-1]) if found else (None, None))


def test_what_is_left_out_is_made_up_for_from_further_pages():
    shown = windows.look(of(range(20, 0, -1)), Window(limit=5), key=int, keep=lambda n: n % 4 == 0)

    assert shown.items == [20, 16, 12, 8, 4]


def test_a_list_is_not_searched_for_ever():
    asked = []

    def fetch(before):
        asked.append(before)
        return Page([before - 1 if before else 1000], str(before - 1 if before else 1000))

    windows.look(fetch, Window(limit=5), key=int, keep=lambda _: False)

    assert len(asked) == windows.MOST_PAGES


@pytest.mark.django_db(databases="__all__")
def test_links_lead_through_a_whole_list_and_back(client, make_account):
    author = make_account()
    written = [posts.publish(author_id=author.pk, text=f"post {n}").pk for n in range(45)][::-1]
    seen, newest, path = [], "", f"/api/v1/accounts/{author.pk}/statuses?limit=20"
    while path:
        answer = client.get(path)
        seen += [int(one["id"]) for one in answer.json()]
        links = dict(map(reversed, re.findall(r'<([^>]+)>; rel="(\w+)"', answer.get("Link", ""))))
        newest = newest or links["prev"]
        path = links.get("next", "").removeprefix("http://127.0.0.1:8000")
        assert "limit=20" in path or not path

    assert seen == written
    assert client.get(newest.removeprefix("http://127.0.0.1:8000")).json() == []
    fresh = posts.publish(author_id=author.pk, text="new").pk
    later = client.get(newest.removeprefix("http://127.0.0.1:8000")).json()
    assert [int(one["id"]) for one in later] == [fresh]


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("place", ["max_id", "since_id", "min_id"])
def test_a_place_that_is_no_id_is_not_there(client, place):
    assert client.get("/api/v1/timelines/public", {place: "x"}).status_code == 404
