"""Visitors that keep to a plan: requests are due at fixed times, whatever the server does.

A visitor that waits for an answer asks late, but its next requests stay due when they were, and
their time counts from there. So a server that hangs for 3 s is seen by all who would have come
meanwhile, as it would be seen by people: no coordinated omission.
"""

import random
from typing import Any

import gevent
import mix
import recording
from locust import FastHttpUser, task
from recording import now


class Paced(FastHttpUser):
    """Makes one request each PERIOD; a subclass has its `shares` and a method for each of them."""

    abstract = True
    shares: dict[str, int]
    network_timeout = connection_timeout = mix.TIMEOUT
    # A failed request is told, not tried again by the client.
    max_retries = 0
    late = freed = 0.0
    signed_in = False

    def on_start(self) -> None:
        """Begin at a random moment of the period: arrivals are spread."""
        recording.visit(1, int(self.signed_in))
        self.due = now() + random.random() * mix.PERIOD
        self.asked = False
        gevent.sleep(self.due - now())

    def wait_time(self) -> float:
        """Wait until the next request is due; not at all when it is overdue."""
        return max(0.0, self.due - now())

    @task
    def turn(self) -> None:
        """Make one request."""
        self.asked = False
        self.late = max(0.0, now() - max(self.due, self.freed))
        names = list(self.shares)
        name = random.choices(names, list(self.shares.values()))[0]
        getattr(self, name)()
        self.freed = now()
        self.due += mix.PERIOD

    def context(self) -> dict[str, Any]:
        """Go with each request to whoever records it."""
        return {"visitor": self}

    def record(self, name: str, error: str = "") -> None:
        """Note the answer to what was due; anything but the first of a turn is no sample."""
        if not self.asked:
            self.asked = True
            recording.add(name, self.due, now() - self.due, self.late, error)

    def on_stop(self) -> None:
        """Leave; count what was due and never asked, because an answer did not come."""
        recording.visit(-1, -int(self.signed_in))
        while self.due + recording.grace() < now():
            recording.add("never asked", self.due, now() - self.due, 0.0, "never answered")
            self.due += mix.PERIOD
