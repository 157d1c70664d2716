"""Every single answer of a test, unrounded: when it was due, how long it took, what was wrong.

And when each visitor came and left.
"""

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """One request: seconds since 1970 and seconds.

    `due` is when the plan had it, and `took` counts from there: waiting for an earlier answer
    counts too. `late` is the part of it that the generator itself lost before it asked.
    """

    name: str
    due: float
    took: float
    late: float = 0.0
    error: str = ""


class Column:
    """The samples of one name, three numbers each: 5 million of them need 120 MB."""

    def __init__(self) -> None:
        self.due, self.took, self.late = array("d"), array("d"), array("d")
        self.failed: list[tuple[float, str]] = []


class Samples:
    """All samples of a process, or of all processes."""

    def __init__(self) -> None:
        self.columns: defaultdict[str, Column] = defaultdict(Column)
        # When somebody came or left: how many more visitors there are, how many more signed in.
        self.visits: list[tuple[float, int, int]] = []

    def add(self, sample: Sample) -> None:
        """Keep one."""
        column = self.columns[sample.name]
        column.due.append(sample.due)
        column.took.append(sample.took)
        column.late.append(sample.late)
        if sample.error:
            column.failed.append((sample.due, sample.error))

    def handed_over(self) -> dict[str, Any]:
        """Return everything in a form that crosses the network, and forget it."""
        columns, self.columns = self.columns, defaultdict(Column)
        visits, self.visits = self.visits, []
        handed = {
            name: [
                column.due.tobytes(),
                column.took.tobytes(),
                column.late.tobytes(),
                column.failed,
            ]
            for name, column in columns.items()
        }
        return {"visits": visits, "columns": handed}

    def take_over(self, handed: dict[str, Any]) -> None:
        """Add what another process handed over."""
        self.visits.extend((moment, more, members) for moment, more, members in handed["visits"])
        for name, (due, took, late, failed) in handed["columns"].items():
            column = self.columns[name]
            column.due.frombytes(due)
            column.took.frombytes(took)
            column.late.frombytes(late)
            column.failed.extend((moment, error) for moment, error in failed)

    def write(self, path: Path, told: Sequence[str]) -> None:
        """Store all as JSON, with the names whose times are not judged."""
        columns = {
            name: [column.due.tolist(), column.took.tolist(), column.late.tolist(), column.failed]
            for name, column in self.columns.items()
        }
        stored = {"told": list(told), "visits": self.visits, "columns": columns}
        path.write_text(json.dumps(stored))

    def read(self, path: Path) -> list[str]:
        """Add what `write` stored; returns the names whose times are not judged."""
        found = json.loads(path.read_text())
        columns = {
            name: [*(array("d", values).tobytes() for values in times), failed]
            for name, (*times, failed) in found["columns"].items()
        }
        self.take_over({"visits": found["visits"], "columns": columns})
        return list(found["told"])

    def count(self) -> int:
        """Return how many there are."""
        return sum(len(column.due) for column in self.columns.values())

    def errors(self) -> int:
        """Return how many of them failed."""
        return sum(len(column.failed) for column in self.columns.values())

    def visitors_at(self, moment: float) -> tuple[int, int]:
        """Return how many visitors were there at a moment, and how many of them signed in."""
        until = [visit for visit in self.visits if visit[0] <= moment]
        return sum(more for _, more, _ in until), sum(members for _, _, members in until)

    def times(self, names: Iterable[str], start: float, end: float) -> list[float]:
        """Return the times of what was due from `start` up to `end`, ascending."""
        columns = [self.columns[name] for name in names]
        return sorted(
            took
            for column in columns
            for due, took in zip(column.due, column.took, strict=True)
            if start <= due < end
        )

    def failures(self, names: Iterable[str], start: float, end: float) -> Counter[str]:
        """Return what went wrong with what was due from `start` up to `end`, and how often."""
        return Counter(
            f"{name}: {error}"
            for name in names
            for due, error in self.columns[name].failed
            if start <= due < end
        )
