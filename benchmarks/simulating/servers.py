"""The servers of a simulated site, and which of them answers: by the project's own rules."""

import random
from collections import Counter, deque
from collections.abc import Iterator

from apps.replication import replicas
from apps.replication.tokens import START, Position, Token, advance
from benchmarks.simulating.loop import Loop, Node, Part, Step
from benchmarks.simulating.plans import Plan
from benchmarks.simulating.times import ROUND_TRIP, Draws

# How far behind a replica is in the mean, in seconds.
LAG = 0.003


class Web:
    """One web process: its core, and its reads in flight by the aliases of replicas."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.in_flight: Counter[str] = Counter()


class Replica:
    """A replica: what it replays, and when."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._position = START
        self._coming: deque[tuple[float, Position]] = deque()

    def send(self, moment: float, position: Position) -> None:
        """Have it replay up to a position, but nothing before what came earlier."""
        last = self._coming[-1][0] if self._coming else 0.0
        self._coming.append((max(moment, last), position))

    def position(self, now: float) -> Position:
        """Return how far it is."""
        while self._coming and self._coming[0][0] <= now:
            self._position = self._coming.popleft()[1]
        return self._position


class Shard:
    """A primary and its replicas."""

    def __init__(self, alias: str, primary: Node, copies: list[Node]) -> None:
        self.alias = alias
        self.primary = primary
        self.position = Position(1, 0)
        self.replicas = {f"{alias}-r{n}": Replica(node) for n, node in enumerate(copies)}

    def commit(self, now: float, rng: random.Random) -> Position:
        """Note a commit, which the replicas replay a little later; returns its position."""
        self.position = Position(1, self.position.lsn + 1)
        for replica in self.replicas.values():
            replica.send(now + rng.expovariate(1 / LAG), self.position)
        return self.position


class Servers:
    """All parts of a site."""

    def __init__(self, plan: Plan, loop: Loop, draws: Draws, rng: random.Random) -> None:
        self.loop, self.draws, self.rng = loop, draws, rng
        self.proxies = Part("proxy", plan.proxies)
        self.web = Part("web", plan.web)
        self.push = Part("push", plan.push)
        self.workers = Part("worker", plan.workers)
        self.valkeys = Part("Valkey", plan.valkeys)
        self.directory = Part("directory", 1, plan.cores)
        self.primaries = Part("shard, primary", plan.shards, plan.cores)
        self.replicas = Part("shard, replicas", plan.shards * plan.replicas, plan.cores)
        self.units = [Web(node) for node in self.web.nodes]
        copies = iter(self.replicas.nodes)
        self.shards = {
            f"shard{n}": Shard(f"shard{n}", primary, [next(copies) for _ in range(plan.replicas)])
            for n, primary in enumerate(self.primaries.nodes)
        }

    @property
    def parts(self) -> list[Part]:
        """All parts that there are any of."""
        every = (self.proxies, self.web, self.push, self.workers, self.valkeys)
        return [
            *every,
            self.directory,
            self.primaries,
            *([self.replicas] * bool(self.replicas.nodes)),
        ]

    def read(self, unit: Web, token: Token, alias: str, kind: str) -> Iterator[Step]:
        """Ask a shard's freshest enough replica, else its primary; what it shows is remembered."""
        shard = self.shards[alias]
        name, node, position = self._chosen(unit, token, shard)
        unit.in_flight[name] += 1
        yield None, ROUND_TRIP
        yield node, self.draws.of(kind)
        unit.in_flight[name] -= 1
        advance(token, alias, position)

    def write(self, token: Token, alias: str, kind: str) -> Iterator[Step]:
        """Commit on a shard's primary; the reader reads nothing older there from now on."""
        shard = self.shards[alias]
        yield None, ROUND_TRIP
        yield shard.primary, self.draws.of(kind)
        advance(token, alias, shard.commit(self.loop.now, self.rng), is_primary=True)

    def cache(self, kind: str, count: int) -> Step:
        """Have one server of the cache do the same thing so many times."""
        return self.rng.choice(self.valkeys.nodes), count * self.draws.of(kind)

    def _chosen(self, unit: Web, token: Token, shard: Shard) -> tuple[str, Node, Position]:
        needed = token.get(shard.alias, START)
        names = list(shard.replicas)
        for name in replicas.in_order(names, unit.in_flight.__getitem__, self.rng):
            position = shard.replicas[name].position(self.loop.now)
            if position.covers(needed):
                return name, shard.replicas[name].node, position
        return shard.alias, shard.primary, shard.position
