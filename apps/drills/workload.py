"""People who write at an even pace over HTTP, and look whether what they wrote is there."""

import http.client
import secrets
import threading
import time
import urllib.parse
from collections.abc import Callable
from functools import partial
from http.cookies import SimpleCookie
from typing import Any

from apps.drills.samples import ERROR, OK, READ, STALE, WRITE, Sample

# A request that waits for longer is an error; the longest that the site itself waits is less.
PATIENCE = 12
# Every so many of its writes an author reads its own page.
READ_EVERY = 5
THREADS = 12


class Writer(threading.Thread):
    """One author after another of `people` writes; each is one person with one browser."""

    def __init__(self, workload: "Workload", shard: str, people: list[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        self.workload, self.shard = workload, shard
        self.browsers = [Browser(workload.port, person) for person in people]

    def run(self) -> None:
        """Write when it is due until the workload ends; what was held up is sent at once."""
        for number, due in enumerate(self.workload.schedule(self)):
            time.sleep(max(0.0, due - time.monotonic()))
            browser = self.browsers[number % len(self.browsers)]
            text = f"{self.workload.run} {self.shard} {self.name} {number}"
            outcome = self._note(WRITE, due, partial(browser.write, text), text)
            if outcome == OK and number // len(self.browsers) % READ_EVERY == 0:
                self._note(READ, time.monotonic(), browser.read, "")
        for browser in self.browsers:
            browser.close()

    def _note(self, kind: str, due: float, act: Callable[[], tuple[str, str]], text: str) -> str:
        try:
            outcome, why = act()
        except (OSError, http.client.HTTPException) as error:
            outcome, why = ERROR, type(error).__name__
        done = time.monotonic()
        self.workload.samples.append(Sample(self.shard, kind, outcome, due, done, text, why))
        return outcome


class Browser:
    """Speaks HTTP as one person; keeps the cookies that it is given."""

    def __init__(self, port: int, person: dict[str, Any]) -> None:
        self.port, self.name = port, person["name"]
        self.cookies = {"rookery_session": person["session"], "csrftoken": secrets.token_hex(16)}
        self.connection: http.client.HTTPConnection | None = None
        self.written = ""

    def write(self, text: str) -> tuple[str, str]:
        """Publish a post."""
        answer, _ = self._ask("POST", "/posts/", {"text": text})
        if answer.status == 302 and answer.headers["Location"] == "/":
            self.written = text
            return OK, ""
        return ERROR, str(answer.status)

    def read(self) -> tuple[str, str]:
        """Look at one's own page: what was acknowledged is on it, whatever happened since."""
        answer, body = self._ask("GET", f"/@{self.name}", {})
        if answer.status != 200:
            return ERROR, str(answer.status)
        return (OK, "") if self.written in body else (STALE, self.written)

    def close(self) -> None:
        """Drop the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _ask(
        self, method: str, path: str, form: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, str]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-CSRFToken": self.cookies["csrftoken"],
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            self.connection.request(method, path, urllib.parse.urlencode(form), headers)
            answer = self.connection.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        self._keep(answer)
        return answer, body

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        if answer.will_close:
            self.close()


class Workload:
    """Writers on all shards, at `rate` posts a second in all, between `start` and `stop`."""

    def __init__(self, port: int, people: dict[str, Any], rate: float) -> None:
        self.port = port
        self.run = f"drill-{secrets.token_hex(4)}"
        self.samples: list[Sample] = []
        self.ends = float("inf")
        self.writers = [
            Writer(self, shard, one["authors"][number::THREADS])
            for shard, one in people.items()
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

    def schedule(self, writer: Writer) -> Any:
        """Yield when this writer's requests are due; the writers take turns."""
        due = self.began + self.pause * self.writers.index(writer) / len(self.writers)
        while due < self.ends:
            yield due
            due += self.pause
