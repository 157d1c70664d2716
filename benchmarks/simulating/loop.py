"""Simulated time: what happens next, and servers that work on one thing at a time on each core."""

import heapq
import itertools
from collections.abc import Iterator

# What a simulated process does next: so many seconds of work on a node, or, without one, waiting.
Step = tuple["Node | None", float]


class Loop:
    """A clock that goes from event to event; equal moments keep the order of their making."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Iterator[Step]]] = []
        self._numbers = itertools.count()

    def start(self, steps: Iterator[Step]) -> None:
        """Begin a process: it goes on when each of its steps is done."""
        step = next(steps, None)
        if step is not None:
            node, seconds = step
            done = self.now + seconds if node is None else node.take(self.now, seconds)
            heapq.heappush(self._due, (done, next(self._numbers), steps))

    def run(self) -> None:
        """Go on until nothing is left to do."""
        while self._due:
            self.now, _, steps = heapq.heappop(self._due)
            self.start(steps)


class Node:
    """A process or a server with some cores; who finds all of them busy waits for the first."""

    def __init__(self, cores: int = 1) -> None:
        self.cores = cores
        self.busy = 0.0
        self._free = [0.0] * cores

    def take(self, now: float, seconds: float) -> float:
        """Take work on, in the order of coming; returns the moment when it is done."""
        done = max(now, self._free[0]) + seconds
        heapq.heapreplace(self._free, done)
        self.busy += seconds
        return done


class Part:
    """Nodes of one kind, and how much of what they can do they have been asked for."""

    def __init__(self, name: str, count: int, cores: int = 1) -> None:
        self.name = name
        self.nodes = [Node(cores) for _ in range(count)]

    def utilisation(self, seconds: float) -> float:
        """Return the work brought in so many seconds over what can be done in them; may pass 1."""
        cores = sum(node.cores for node in self.nodes)
        return sum(node.busy for node in self.nodes) / (cores * seconds)

    def busiest(self, seconds: float) -> float:
        """Return the same of the node with most work."""
        return max(node.busy / (node.cores * seconds) for node in self.nodes)
