"""Whoever is told of a post by an event finds it: other people's writes, on a site under load."""

import copy
import json
import subprocess
import sys
import threading

import pytest
from websockets.sync.client import connect

from project.tests.visitor import Visitor, texts_of

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

POSTS, FOLLOWERS = 100, 2
SPIN = "while True: pass"


@pytest.fixture
def load():
    """Two processes that want all of the processors."""
    busy = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(2)]
    yield
    for process in busy:
        process.kill()
        process.wait()


def cookies_of(visitor):
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.jar)


def told(visitor, message):
    """Do what the page's script does with the token of an event."""
    session = next(cookie for cookie in visitor.jar if cookie.name == "rookery_session")
    seen = copy.copy(session)
    seen.name, seen.value = "rookery_told", message["seen"]
    visitor.jar.set_cookie(seen)


def follow_along(site, visitor, ready, found):
    """Reload home at each event; note what is not there though it was told or was there before."""
    headers = {"Cookie": cookies_of(visitor)}
    furthest = -1
    with connect(f"{site.push}/ws/", origin=site.url, additional_headers=headers) as socket:
        socket.send(json.dumps({"do": "subscribe", "topics": ["home"]}))
        assert json.loads(socket.recv(10))["type"] == "subscribed"
        ready.wait(20)
        for number in range(POSTS):
            message = json.loads(socket.recv(60))
            while message["type"] != "event":
                message = json.loads(socket.recv(60))
            told(visitor, message)
            shown = [int(text.removeprefix("post ")) for text in texts_of(visitor.get("/"))]
            # So many posts were told of, in whatever order; of what is shown, none is left out.
            found["missing"] += shown != list(range(shown[0], shown[-1] - 1, -1))
            found["backwards"] += shown[0] < max(furthest, number)
            found["reads"] += 1
            furthest = max(furthest, shown[0])
    assert furthest == POSTS - 1


def test_who_is_told_of_a_post_finds_it_and_nobody_goes_back(site, load):
    author = Visitor(site.url)
    author.sign_up("ada")
    followers = [Visitor(site.url) for _ in range(FOLLOWERS)]
    for number, follower in enumerate(followers):
        follower.sign_up(f"wren{number}")
        follower.post("/@ada/follow")
    ready = threading.Barrier(FOLLOWERS + 1)
    found = [{"reads": 0, "missing": 0, "backwards": 0} for _ in followers]
    threads = [
        threading.Thread(target=follow_along, args=(site, follower, ready, mine))
        for follower, mine in zip(followers, found, strict=True)
    ]
    for thread in threads:
        thread.start()
    ready.wait(20)
    for number in range(POSTS):
        author.post("/posts/", text=f"post {number}")
    for thread in threads:
        thread.join()

    total = {name: sum(mine[name] for mine in found) for name in found[0]}
    print(f"missing {total['missing']}, gone back {total['backwards']}: of {total['reads']} reads")
    assert total == {"reads": POSTS * FOLLOWERS, "missing": 0, "backwards": 0}
