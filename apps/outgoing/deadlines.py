"""One deadline over everything: names, connections, and each byte that is waited for."""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class Deadline:
    """A moment after which nobody waits any longer."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError where there are none."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left

    def wait_for(self, function: Callable[[], T]) -> T:
        """Return what a function gives that cannot be told how long it may take.

        Raises what it raises, or TimeoutError; then its thread is left behind until it is done.
        """
        answers: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()

        def run() -> None:
            try:
                answers.put((function(), None))
            except Exception as error:
                answers.put((None, error))

        Thread(target=run, daemon=True, name="outgoing").start()
        try:
            answer, error = answers.get(timeout=self.left())
        except Empty:
            raise TimeoutError("it took too long") from None
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]  # without an error there is an answer
