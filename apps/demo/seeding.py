"""Demo data: accounts, who follows whom, what they wrote, and the timelines that come of it."""

from __future__ import annotations  # array is generic for type checkers only

import random
import secrets
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat

from django.contrib.auth.hashers import make_password

from apps.accounts import services as accounts
from apps.accounts.services import NewAccount
from apps.demo import graph, phrases
from apps.follows import loading as follows
from apps.plugins import calls
from apps.posts import hooks
from apps.posts import loading as posts
from apps.sharding import clock, directory, ids
from apps.timelines import services as timelines

SPAN = timedelta(days=120)
CHUNK = 5_000
Advance = Callable[[str, int], None]


@dataclass
class Seed:
    """What is to be made. `advance(step, done)` is told how far each step is."""

    accounts: int
    posts: int
    follows: int
    rng: random.Random
    advance: Advance
    ids: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    newest: list[array[int]] = field(default_factory=list)
    written: array[int] = field(default_factory=lambda: array("q"))
    ticks: dict[str, Iterator[int]] = field(default_factory=dict)
    horizons: list[tuple[int, int]] = field(default_factory=list)

    def run(self) -> str:
        """Make it all; returns the password of the account `demo`."""
        password = secrets.token_urlsafe(9)
        self._load_accounts(make_password(password))
        self.newest = [array("q") for _ in self.ids]
        posts.load_posts(self._posts())
        posts.load_likes(self._likes())
        self._tell_plugins()
        following = self._load_follows()
        timelines.load_entries(self._entries(following))
        timelines.load_horizons(self.horizons)
        return password

    def _load_accounts(self, password: str) -> None:
        for start in range(0, self.accounts, CHUNK):
            chunk = [
                self._account(number, password)
                for number in range(start, min(start + CHUNK, self.accounts))
            ]
            accounts.load(chunk)
            self.advance("accounts", start + len(chunk))

    def _account(self, number: int, password: str) -> NewAccount:
        bucket = self.rng.randrange(ids.BUCKETS)
        tick = self._next_tick(directory.shard_of(bucket))
        name = phrases.name(self.rng)
        username = f"{phrases.handle(name)}{number}" if number else "demo"
        self.ids.append(ids.compose(tick, bucket))
        self.names.append(username)
        secret = "!" if number else password
        email = f"{username}@demo.invalid"
        return NewAccount(self.ids[-1], username, email, secret, name, phrases.bio(self.rng))

    def _next_tick(self, shard: str) -> int:
        if shard not in self.ticks:
            reserves = (clock.reserve(shard, CHUNK) for _ in repeat(None))
            self.ticks[shard] = chain.from_iterable(reserves)
        return next(self.ticks[shard])

    def _posts(self) -> Iterator[tuple[int, int, str]]:
        """Yield posts in order of time, evenly spread; one in a millisecond of a bucket."""
        start = datetime.now(UTC) - SPAN
        step = SPAN / max(self.posts, 1)
        for number, rank in enumerate(graph.authors(self.accounts, self.posts, self.rng)):
            tick = ids.tick_at(start + step * number) + number % ids.SEQUENCES
            post_id = ids.compose(tick, ids.bucket_of(self.ids[rank]))
            text = phrases.post(self.rng, self.names)
            self.written.append(post_id)
            self.newest[rank].append(post_id)
            del self.newest[rank][: -graph.NEWEST]
            yield post_id, self.ids[rank], text
            if number % 1000 == 0:
                self.advance("posts", number)
        self.advance("posts", self.posts)

    def _tell_plugins(self) -> None:
        for start in range(0, len(self.written), CHUNK):
            calls.gather(hooks.posts_loaded, post_ids=list(self.written[start : start + CHUNK]))

    def _likes(self) -> Iterator[tuple[int, int]]:
        for recent in self.newest:
            for post_id in recent:
                count = min(int(self.rng.paretovariate(1.2)) - 1, self.accounts, 200)
                for account_id in self.rng.sample(self.ids, count):
                    yield post_id, account_id

    def _load_follows(self) -> list[array[int]]:
        following = [array("q") for _ in self.ids]

        def pairs() -> Iterator[tuple[int, int]]:
            found = graph.follows(self.accounts, self.follows, self.rng)
            for number, (follower, followed) in enumerate(found):
                following[follower].append(followed)
                yield self.ids[follower], self.ids[followed]
                if number % 1000 == 0:
                    self.advance("follows", number)

        follows.load_follows(pairs())
        self.advance("follows", self.follows)
        return following

    def _entries(self, following: list[array[int]]) -> Iterator[tuple[int, int, int]]:
        for number, followed in enumerate(following):
            found, horizon = graph.timeline(list(followed), self.newest)
            for post_id, rank in found:
                yield self.ids[number], post_id, self.ids[rank]
            if horizon is not None:
                self.horizons.append((self.ids[number], horizon))
            if number % 100 == 0:
                self.advance("timelines", number)
        self.advance("timelines", self.accounts)
