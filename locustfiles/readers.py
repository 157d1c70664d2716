"""Visitors who read: the public timeline, its next page, profiles and threads.

    locust -f locustfiles/readers.py --headless --users 25 --spawn-rate 5 --run-time 30s \
        --host http://127.0.0.1:8000

Each visitor asks for one page a second. Of ten pages six are the public timeline or its next page,
three a conversation, one a profile: what people look at on a microblog. An answer with another
status, or without the posts that it must have, is a failure.
"""

import random
import re

from locust import HttpUser, constant_throughput, task

THREAD = re.compile(r'class="when" href="(/@\w+/\d+)"')
PROFILE = re.compile(r'class="name" href="(/@\w+)"')
MORE = re.compile(r'class="more"><a href="(\?before=\d+)"')


class Reader(HttpUser):
    """Looks around, and follows links from what was seen last."""

    wait_time = constant_throughput(1)

    def on_start(self) -> None:
        """Begin at the public timeline."""
        self.page = self._read("/public", "public")

    @task(4)
    def public(self) -> None:
        """Look at what everybody writes."""
        self.page = self._read("/public", "public")

    @task(2)
    def older(self) -> None:
        """Go on where the page ends."""
        if found := MORE.search(self.page):
            self._read(f"/public{found[1]}", "public, older")

    @task(3)
    def thread(self) -> None:
        """Open a conversation."""
        self._follow(THREAD, "thread")

    @task(1)
    def profile(self) -> None:
        """Look at who wrote something."""
        self._follow(PROFILE, "profile")

    def _follow(self, link: re.Pattern[str], name: str) -> None:
        if found := link.findall(self.page):
            self._read(random.choice(found), name)

    def _read(self, path: str, name: str) -> str:
        with self.client.get(path, name=name, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"status {answer.status_code}")
            elif "<article" not in answer.text:
                answer.failure("a page without posts")
            return answer.text or ""
