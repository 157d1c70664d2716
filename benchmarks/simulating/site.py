"""A simulated site: visitors come, pages are made, posts are written and delivered."""

import itertools
import random
import statistics
from collections import defaultdict
from collections.abc import Iterator

from django.conf import settings

from apps.replication.tokens import Token
from benchmarks.simulating.fan_out import FanOut
from benchmarks.simulating.loop import Loop, Step
from benchmarks.simulating.pages import Chances, shares
from benchmarks.simulating.people import ACCOUNTS, People, account_id
from benchmarks.simulating.plans import Plan
from benchmarks.simulating.servers import Servers, Web
from benchmarks.simulating.times import ROUND_TRIP, Draws

# Keys of the cache that a page asks for in one round trip, beside the lists of shards.
KEYS = 12
WRITES = {"post": "post", "reply": "post", "like": "like"}
LISTS = ("public", "older")
# Two threads of each process look for news in the directory, each once a second.
LOOKS = 2


class Site:
    """A plan at work; `run` has visitors come for the plan's seconds and all of them answered."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan = plan
        self.rng = random.Random(seed)
        self.loop = Loop()
        self.servers = Servers(plan, self.loop, Draws(self.rng), self.rng)
        self.people = People(ACCOUNTS * plan.scale, list(self.servers.shards), seed)
        self.fan_out = FanOut(self.loop, self.servers, self.people)
        self.chances = Chances(plan, self._entries())
        self.asked = 0
        self.times: list[float] = []
        self._tokens: defaultdict[int, Token] = defaultdict(dict)
        self._aliases = list(self.servers.shards)

    def run(self) -> None:
        """Have all happen."""
        self.loop.start(self._visitors())
        self.loop.start(self._looks())
        self.loop.run()

    def _entries(self) -> float:
        """Return how many entries a second a home timeline gets in the mean."""
        drawn = [self.people.followers(self.people.author(self.rng)) for _ in range(5000)]
        spread = [n if n <= settings.TIMELINES_MERGE_ABOVE else 0 for n in drawn]
        written = Chances(self.plan, 0).posts
        return written * statistics.mean(spread) / self.people.count

    def _visitors(self) -> Iterator[Step]:
        kinds, weights = zip(*shares().items(), strict=True)
        sums = list(itertools.accumulate(weights))
        while True:
            yield None, self.rng.expovariate(self.plan.requests)
            if self.loop.now > self.plan.seconds:
                return
            kind, is_member = self.rng.choices(kinds, cum_weights=sums)[0]
            self.asked += 1
            self.loop.start(self._timed(self._request(kind, is_member)))

    def _timed(self, steps: Iterator[Step]) -> Iterator[Step]:
        start = self.loop.now
        yield from steps
        self.times.append(self.loop.now - start)

    def _looks(self) -> Iterator[Step]:
        processes = self.plan.web + self.plan.push + self.plan.workers
        directory = self.servers.directory.nodes[0]
        while self.loop.now < self.plan.seconds:
            yield None, self.rng.expovariate(processes * LOOKS)
            directory.take(self.loop.now, self.servers.draws.of("directory, look"))

    def _request(self, kind: str, is_member: bool) -> Iterator[Step]:
        servers = self.servers
        yield self.rng.choice(servers.proxies.nodes), servers.draws.of("proxy")
        if not is_member and self.rng.random() < self.chances.at_proxy(kind):
            return
        if kind == "subscribe":
            yield self.rng.choice(servers.push.nodes), servers.draws.of("push, subscribe")
            return
        unit = self.rng.choice(servers.units)
        if kind in WRITES:
            yield from self._write(unit, WRITES[kind])
        elif self.rng.random() < self.chances.in_process(kind, is_member):
            yield unit.node, servers.draws.of("web, kept page")
        else:
            yield from self._page(unit, kind)

    def _page(self, unit: Web, kind: str) -> Iterator[Step]:
        """Make a page: half of the work before what it asks for, half with the answers."""
        name = "public" if kind in LISTS else kind
        work = self.servers.draws.of(f"web, {name}")
        yield unit.node, work / 2
        yield None, ROUND_TRIP
        yield self.servers.cache("valkey, key", KEYS)
        if name == "public":
            work += self.plan.shards * self.servers.draws.of("web, list of a shard") * 2
            yield from self._lists(unit)
        elif self.rng.random() > self.chances.in_grid(kind):
            member = self._member()
            yield from self.servers.read(
                unit, self._tokens[member], self._home(member), f"read, {name}"
            )
        yield unit.node, work / 2

    def _lists(self, unit: Web) -> Iterator[Step]:
        """Ask for the lists of those shards that have changed since this process asked."""
        changed = self.plan.shards * (1 - self.chances.list_is_held(by_all=False))
        if changed:
            yield self.servers.cache("valkey, key", round(changed))
            yield self.servers.cache("valkey, invalidation", round(changed))
        unknown = self.plan.shards * (1 - self.chances.list_is_held(by_all=True))
        for _ in range(int(unknown + self.rng.random())):
            alias = self.rng.choice(self._aliases)
            yield from self.servers.read(unit, {}, alias, "read, public on a shard")

    def _write(self, unit: Web, kind: str) -> Iterator[Step]:
        member = self._member()
        work = self.servers.draws.of(f"web, {kind}")
        yield unit.node, work / 2
        yield from self.servers.write(self._tokens[member], self._home(member), f"write, {kind}")
        yield self.servers.cache("valkey, key", KEYS)
        if kind == "post":
            self.fan_out.published(member)
        else:
            self.fan_out.liked(member, self.people.author(self.rng))
        yield unit.node, work / 2

    def _member(self) -> int:
        return self.people.author(self.rng)

    def _home(self, member: int) -> str:
        return self.people.shard_of(account_id(member))
