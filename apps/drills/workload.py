"""People who write at an even pace, and look whether what they wrote is there."""

import http.client
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

from django.db import DatabaseError, InterfaceError

from apps.drills.people import Author, Crowd
from apps.drills.samples import ERROR, OK, READ, WRITE, Sample
from apps.kernel.errors import RookeryError

# Every so many of its writes an author reads its own page.
READ_EVERY = 5
THREADS = 12
# What a browser is shown as a 503, services raise.
FAILURES = (OSError, http.client.HTTPException, DatabaseError, InterfaceError, RookeryError)


class Person(Protocol):
    """One author, by a browser or by the program's own services."""

    def write(self, text: str) -> tuple[str, str]:
        """Publish a post; returns an outcome and why."""

    def read(self) -> tuple[str, str]:
        """Look whether the last acknowledged post is there."""

    def close(self) -> None:
        """Let go of connections."""


Embody = Callable[[Author], Person]


class Writer(threading.Thread):
    """Has one person after another write: each waits for the answer to the last post."""

    def __init__(self, workload: "Workload", shard: str, people: Sequence[Person]) -> None:
        super().__init__(daemon=True)
        self.workload, self.shard, self.people = workload, shard, people

    def run(self) -> None:
        """Write when it is due until the workload ends; what was held up is sent at once."""
        for number, due in enumerate(self.workload.schedule(self)):
            time.sleep(max(0.0, due - time.monotonic()))
            person = self.people[number % len(self.people)]
            text = f"{self.workload.run} {self.shard} {self.name} {number}"
            outcome = self._note(WRITE, due, partial(person.write, text), text)
            if outcome == OK and number // len(self.people) % READ_EVERY == 0:
                self._note(READ, time.monotonic(), person.read, "")
        for person in self.people:
            person.close()

    def _note(self, kind: str, due: float, act: Callable[[], tuple[str, str]], text: str) -> str:
        try:
            outcome, why = act()
        except FAILURES as error:
            outcome, why = ERROR, type(error).__name__
        done = time.monotonic()
        self.workload.samples.append(Sample(self.shard, kind, outcome, due, done, text, why))
        return outcome


class Workload:
    """Writers on all shards, at `rate` posts a second in all, between `start` and `stop`."""

    def __init__(self, crowds: Mapping[str, Crowd], embody: Embody, rate: float) -> None:
        self.run = f"drill-{secrets.token_hex(4)}"
        self.samples: list[Sample] = []
        self.ends = float("inf")
        self.writers = [
            Writer(self, shard, [embody(author) for author in crowd.authors[number::THREADS]])
            for shard, crowd in crowds.items()
            for number in range(THREADS)
        ]
        self.pause = len(self.writers) / rate

    def start(self) -> None:
        """Begin."""
        self.began = time.monotonic()
        for writer in self.writers:
            writer.start()

    def stop(self) -> None:
        """Have nothing further be due, and wait for what is."""
        self.ends = time.monotonic()
        for writer in self.writers:
            writer.join()

    def schedule(self, writer: Writer) -> Iterator[float]:
        """Yield when this writer's requests are due; the writers take turns."""
        due = self.began + self.pause * self.writers.index(writer) / len(self.writers)
        while due < self.ends:
            yield due
            due += self.pause
