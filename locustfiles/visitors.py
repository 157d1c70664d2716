"""Who comes: readers, and members with a session; both follow links of what they saw last."""

import json
import random
import re
from collections.abc import Iterator
from itertools import cycle

import mix
import recording
from pacing import Paced
from recording import now
from sockets import Page

from apps.loadtest import pages

REPLY = re.compile(r"#post-(\d+)$")
PLACEHOLDER = "a post of the load test, number {}"


# Those of the file of sessions.
people = [{"name": "", "session": ""}]


class Visitor(Paced):
    """Reads what anybody may read."""

    abstract = True
    page = ""
    headers: dict[str, str] = {}

    def public(self) -> None:
        """Look at what everybody writes."""
        self.page = self.read("/public", "public", '<article class="post"')

    def older(self) -> None:
        """Go on where the page ends."""
        found = pages.MORE.search(self.page)
        if found is None:
            return self.public()
        self.read(f"/public{found[1]}", "older", '<article class="post"')
        return None

    def thread(self) -> None:
        """Open a conversation."""
        if found := pages.THREAD.findall(self.page):
            path = random.choice(found)
            self.read(path, "thread", f'id="post-{path.rpartition("/")[2]}"')
        else:
            self.front()

    def profile(self) -> None:
        """Look at who wrote something."""
        if found := pages.PROFILE.findall(self.page):
            path = random.choice(found)
            self.read(path, "profile", f'<span class="handle">{path[1:]}</span>')
        else:
            self.front()

    def front(self) -> None:
        """Look at where links are."""
        self.public()

    def read(self, path: str, name: str, part: str) -> str:
        """Get a page, which must have a part."""
        with self.client.get(path, name=name, headers=self.headers, catch_response=True) as answer:
            text = answer.text or ""
            if answer.status_code != 200:
                answer.failure(recording.said(answer))
            elif part not in text:
                answer.failure(f"a page without {part}")
        return text


class Reader(Visitor):
    """Is not signed in."""

    weight = mix.READERS
    shares = mix.READER


class Member(Visitor):
    """Has a session, writes, and keeps a WebSocket open as a page does."""

    weight = mix.MEMBERS
    shares = mix.MEMBER
    signed_in = True
    people: Iterator[dict[str, str]]

    def on_start(self) -> None:
        """Be the next of the people."""
        self.person = next(self.people)
        self.headers = pages.signed_in(self.person["session"])
        self.writing = pages.writing(self.person["session"], self.host or "")
        self.socket: Page | None = None
        super().on_start()

    def front(self) -> None:
        """Look at where links are."""
        self.home()

    def home(self) -> None:
        """Look at what those write whom one follows."""
        self.page = self.read("/", "home", 'action="/accounts/sign-out"')

    def like(self) -> None:
        """Like a post, or take it back."""
        if not (found := pages.LIKE.findall(self.page)):
            return self.home()
        headers = {**self.writing, "HX-Request": "true"}
        with self.client.post(
            random.choice(found), name="like", headers=headers, catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure(recording.said(answer))
            elif "aria-pressed" not in (answer.text or ""):
                answer.failure("no buttons came back")
        return None

    def post(self) -> None:
        """Publish a post."""
        self.write("post", "")

    def reply(self) -> None:
        """Answer a post and, with a WebSocket open, wait to be told of it."""
        if not (found := pages.THREAD.findall(self.page)):
            return self.home()
        number = self.write("reply", random.choice(found).rpartition("/")[2])
        if number and self.socket is not None and self.socket.is_open:
            self.socket.expect(number, now())
        return None

    def subscribe(self) -> None:
        """Open a WebSocket, as each page does, and subscribe to what is new."""
        address = pages.push_address(self.page, self.host or "")
        if not address or (self.socket is not None and self.socket.waiting):
            return self.home()
        if self.socket is not None:
            self.socket.close()
        self.socket = Page(address, self.host or "", self.headers["Cookie"])
        self.record("subscribe", self.socket.open())
        return None

    def write(self, name: str, parent: str) -> str:
        """Publish; returns the number of a reply."""
        text = PLACEHOLDER.format(random.randrange(10**9))
        with self.client.post(
            "/posts/",
            name=name,
            data=f"text={text.replace(' ', '+')}&in_reply_to={parent}",
            headers=self.writing,
            allow_redirects=False,
            catch_response=True,
        ) as answer:
            place = REPLY.search(answer.headers.get("Location", "") if answer.headers else "")
            if answer.status_code != 302:
                answer.failure(recording.said(answer))
            elif parent and place is None:
                answer.failure("a reply without a number")
            return place[1] if place else ""

    def on_stop(self) -> None:
        """Close the page."""
        super().on_stop()
        if self.socket is not None:
            self.socket.close()


def sign_in(path: str) -> None:
    """Give the members their sessions, from a file of `loadtest people`."""
    with open(path) as file:
        people[:] = json.load(file)


def divide(share: int, shares: int) -> None:
    """Have people of its own for each of several processes, as long as there are enough."""
    own = people[share % shares :: shares] or people[:]
    random.shuffle(own)
    Member.people = cycle(own)


def stay_out() -> None:
    """Have readers alone: there are no sessions."""
    Member.weight = 0
