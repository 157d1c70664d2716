"""What others change in the shared cache: RESP3 client tracking on a connection that only listens.

`CLIENT TRACKING ON BCAST PREFIX …` has the server push the name of every key that changes,
expires or is evicted; a flush pushes null. The server pushes it before it answers whoever asks
later, so an answered ping says: all that had been written when it was sent has been heard.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.grid.near_cache import Near, clock

log = logging.getLogger(__name__)

PING_EVERY = 0.25
# Nothing is handed out that the stream has not confirmed within so many seconds.
PATIENCE = 2.0
RETRY_EVERY = 0.5


_watched: dict[str, Callable[[], Any]] = {}


def watch(prefix: str, known: Callable[[], Any]) -> None:
    """Have every stream hear of keys of this prefix too, from its next connection on.

    Before each ping `known()` is asked; what it said is `stream.confirmed[prefix]` once the ping is
    answered: all that had been written to such keys when it was said has been heard.
    """
    _watched[prefix] = known


class Stream:
    """Keeps `near` current from a daemon thread that starts at first use, once in each process."""

    def __init__(self, near: Near, connect: Callable[[], Any], prefix: str) -> None:
        self.near, self.prefix = near, prefix
        self._connect = connect
        self.reset()

    def reset(self) -> None:
        """Forget the thread of another process."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wakes = threading.Event()
        self._heard: bool | None = None
        self.confirmed: dict[str, Any] = {}

    def ensure(self) -> None:
        """Start listening, unless it does."""
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="near-cache", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            connection = self._connect()
            try:
                connection.connect()
                self._listen(connection)
            except (redis.RedisError, OSError) as error:
                self._say(False, error)
            finally:
                # First of all: from here on nothing is heard.
                self.near.doubt()
                connection.disconnect()
            self._wakes.wait(RETRY_EVERY)

    def _listen(self, connection: Any) -> None:
        """Listen until the connection breaks or somebody doubts."""
        connection._get_parser().set_invalidation_push_handler(self._take)
        connection.send_command("CLIENT", "TRACKING", "ON", "BCAST", *self._prefixes())
        connection.read_response()
        epoch, sent, answered, known = self.near.epoch, 0.0, True, {}
        while epoch == self.near.epoch:
            now = clock()
            if answered and now >= sent + PING_EVERY:
                known = {prefix: ask() for prefix, ask in _watched.items()}
                connection.send_command("PING", check_health=False)
                sent, answered = now, False
            if not answered and now >= sent + PATIENCE:
                raise redis.TimeoutError(f"no answer to a ping for {PATIENCE:g} s")
            if not connection.can_read(timeout=max(0.01, sent + PING_EVERY - now)):
                continue
            # An invalidation goes to `_take`, and gives None here.
            if connection.read_response(disable_decoding=True, push_request=True) == b"PONG":
                answered, self.confirmed = True, known
                self.near.trust(epoch, sent + PATIENCE)
                self._say(True)

    def _prefixes(self) -> list[str]:
        """Return the prefixes as the command takes them; the empty one covers all."""
        named = [self.prefix, *_watched] if self.prefix else [""]
        return [word for prefix in named for word in ("PREFIX", prefix)]

    def _take(self, message: list[Any]) -> None:
        """Forget what a push names; a null means all."""
        if message[1] is None:
            self.near.empty()
        else:
            self.near.invalidate(key.decode("utf-8", "surrogateescape") for key in message[1])

    def _say(self, heard: bool, error: object = None) -> None:
        if heard != self._heard and not (heard and self._heard is None):
            said = "is current again" if heard else f"is by-passed: {error}"
            log.warning("The near cache of process %d %s", os.getpid(), said)
        self._heard = heard


_streams: dict[tuple[str, str], Stream] = {}


def stream_of(name: tuple[str, str], make: Callable[[], Stream]) -> Stream:
    """Return this process' stream of that name (a server, a prefix); make it at first use."""
    found = _streams.get(name)
    return found or _streams.setdefault(name, make())


def streams() -> list[Stream]:
    """Return the streams of this process."""
    return list(_streams.values())


def _after_fork() -> None:
    """Begin anew in the child: threads, locks and what the stream had heard stay behind."""
    for stream in _streams.values():
        stream.near.reset()
        stream.reset()


os.register_at_fork(after_in_child=_after_fork)


def connection_to(url: str, **options: Any) -> Any:
    """Return a connection for a stream, not yet opened."""
    return redis.ConnectionPool.from_url(
        url,
        **options,
        protocol=3,
        client_name=f"near-cache-{os.getpid()}",
        retry=Retry(NoBackoff(), 0),
    ).make_connection()
