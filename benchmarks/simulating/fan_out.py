"""From a commit to the last follower: workers claim what waits on a shard and bring it to all."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.conf import settings

from apps.events import delivery, dispatch
from apps.timelines import big_authors
from benchmarks.simulating.loop import Loop, Step
from benchmarks.simulating.people import People, account_id
from benchmarks.simulating.servers import Servers
from benchmarks.simulating.times import ROUND_TRIP, mean

# What a commit of a row has the cache do: its tag is marked and bumped.
KEYS_OF_A_ROW = 2


@dataclass
class Fact:
    """A post, or what one account is told: who is to get it, by shards, and who has it."""

    author: int
    committed: float
    wanted: dict[str, list[int]]
    is_post: bool = True
    is_merged: bool = False
    reached: list[int] = field(default_factory=list)
    done: float = 0.0


@dataclass(frozen=True)
class Errand:
    """What a worker is to do: deliver some facts of a shard, or, without any, claim what waits."""

    shard: str
    facts: Sequence[Fact] = ()


class FanOut:
    """The workers, what waits for them, and all that was delivered."""

    def __init__(self, loop: Loop, servers: Servers, people: People) -> None:
        self.loop, self.servers, self.people = loop, servers, people
        self.facts: list[Fact] = []
        self._waiting: defaultdict[str, list[Fact]] = defaultdict(list)
        self._errands: deque[Errand] = deque()
        self._idle = list(servers.workers.nodes)

    def published(self, author: int) -> None:
        """Note a post that was committed; above a number of followers its readers merge it."""
        above = settings.TIMELINES_MERGE_ABOVE
        is_merged = big_authors.is_big(self.people.followers(author), merged=False, above=above)
        wanted = {} if is_merged else self.people.followers_by_shard(author)
        self._record(Fact(author, self.loop.now, wanted, is_merged=is_merged))

    def liked(self, author: int, whose: int) -> None:
        """Note a like: one account is to be told."""
        told = account_id(whose)
        wanted = {self.people.shard_of(told): [told]}
        self._record(Fact(author, self.loop.now, wanted, is_post=False))

    def _record(self, fact: Fact) -> None:
        shard = self.people.shard_of(account_id(fact.author))
        self.facts.append(fact)
        self._waiting[shard].append(fact)
        self._send(Errand(shard))

    def _send(self, errand: Errand) -> None:
        self._errands.append(errand)
        if self._idle:
            self.loop.start(self._run())

    def _run(self) -> Iterator[Step]:
        worker = self._idle.pop()
        while self._errands:
            errand = self._errands.popleft()
            start, busy = self.loop.now, worker.busy
            yield from self._deliver(errand) if errand.facts else self._claim(errand.shard)
            # A worker does one thing at a time: while a server works for it, it is taken.
            worker.busy = busy + self.loop.now - start
        self._idle.append(worker)

    def _claim(self, shard: str) -> Iterator[Step]:
        draws = self.servers.draws
        yield None, ROUND_TRIP + draws.of("worker, statement")
        yield self.servers.shards[shard].primary, draws.of("claim")
        claimed = self._waiting[shard][: dispatch.BATCH]
        del self._waiting[shard][: dispatch.BATCH]
        errands = [Errand(shard, facts) for facts in _shared_out(claimed)]
        for errand in errands[1:]:
            self._send(errand)
        for errand in errands[:1]:
            yield from self._deliver(errand)

    def _deliver(self, errand: Errand) -> Iterator[Step]:
        for start in range(0, len(errand.facts), delivery.BATCH):
            batch = errand.facts[start : start + delivery.BATCH]
            posts = any(fact.is_post and not fact.is_merged for fact in batch)
            touched = {alias for fact in batch for alias in fact.wanted}
            # As the project does it: a post's fan-out asks every shard, one after the other.
            for alias in self.servers.shards if posts else sorted(touched):
                yield from self._statement(alias, batch)
            self._told(batch)

    def _statement(self, alias: str, batch: Sequence[Fact]) -> Iterator[Step]:
        draws, shard = self.servers.draws, self.servers.shards[alias]
        rows = sum(len(fact.wanted.get(alias, ())) for fact in batch)
        yield None, ROUND_TRIP + draws.of("worker, statement")
        yield shard.primary, draws.of("fan-out, statement") + rows * mean("fan-out, row")
        if rows:
            shard.commit(self.loop.now, self.servers.rng)
            yield self.servers.cache("valkey, key", rows * KEYS_OF_A_ROW)
        for fact in batch:
            if alias in fact.wanted:
                fact.reached += fact.wanted[alias]
                fact.done = self.loop.now

    def _told(self, batch: Sequence[Fact]) -> None:
        for fact in batch:
            fact.done = fact.done or self.loop.now
            for node in self.servers.push.nodes if fact.is_post else ():
                node.take(self.loop.now, self.servers.draws.of("push, hears of a post"))


def _shared_out(facts: Sequence[Fact]) -> Iterator[list[Fact]]:
    by_key: dict[int, list[Fact]] = {}
    for fact in facts:
        by_key.setdefault(fact.author, []).append(fact)
    keys = iter(by_key.values())
    while group := list(islice(keys, dispatch.KEYS)):
        yield [fact for facts in group for fact in facts]
