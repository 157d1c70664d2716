"""Requests at an even pace, from threads that wait for nobody's answer but their own."""

import http.client
import threading
import time
from typing import NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """An answer: when its request was due, how long that took, its status (0: none), its body."""

    path: str
    due: float
    seconds: float
    status: int
    body: str


class Load:
    """Asks for paths in turn, `rate` a second, until it is stopped."""

    def __init__(self, url, paths, rate, threads=25):
        self.netloc = urlsplit(url).netloc
        self.paths, self.rate = paths, rate
        self.answers = []
        self._stop = threading.Event()
        self._next = iter(range(10**9))
        self._begun = time.monotonic() + 0.2
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self):
        while not self._stop.is_set():
            with self._lock:
                number = next(self._next)
            due = self._begun + number / self.rate
            if self._stop.wait(max(0, due - time.monotonic())):
                return
            path = self.paths[number % len(self.paths)]
            status, body = self._ask(path)
            self.answers.append(Answer(path, due, time.monotonic() - due, status, body))

    def _ask(self, path):
        connection = http.client.HTTPConnection(self.netloc, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError as error:
            return 0, repr(error)
        finally:
            connection.close()
