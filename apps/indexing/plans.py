"""What a query costs by its plan: rows read against rows returned, and by which index.

Read is what a scan node touched: the rows that it gave, and those that a filter or a recheck threw
away, times its loops. Rows that a bitmap index scan gives are counted where the heap is visited.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connections, transaction

from apps.indexing.hot import Statement

EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
REMOVED = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
# A table this small is read as a whole, whatever its indexes.
SMALL_PAGES = 20
PER_ROW = 5


@dataclass(frozen=True)
class Cost:
    """What one statement cost on one database; `text` is its plan for people."""

    milliseconds: float
    rows_read: int
    rows_returned: int
    indexes: list[str] = field(default_factory=list)
    scanned: list[str] = field(default_factory=list)
    buffers: int = 0
    text: str = ""

    def faults(self, most: int) -> list[str]:
        """Return what is wrong with it, in words; `most` rows may be read where that is set."""
        bound = most or PER_ROW * max(1, self.rows_returned)
        found = [f"reads all of {table}" for table in self.scanned]
        if self.rows_read > bound:
            found.append(f"reads {self.rows_read:,} rows for {self.rows_returned:,} returned")
        return found


def explain(alias: str, statement: Statement) -> Cost:
    """Run a statement, undo it, and return what it cost."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(EXPLAIN + statement.sql, statement.params)
        (found,) = _loaded(cursor.fetchone()[0])
        cursor.execute("EXPLAIN " + statement.sql, statement.params)
        text = "\n".join(row[0] for row in cursor.fetchall())
        large = _large_tables(cursor)
        transaction.set_rollback(True, using=alias)
    nodes = list(_nodes(found["Plan"]))
    scans = [node for node in nodes if _is_scan(node)]
    return Cost(
        milliseconds=found["Execution Time"],
        rows_read=sum(_read(node) for node in scans),
        rows_returned=_returned(found["Plan"]),
        indexes=sorted({node["Index Name"] for node in nodes if "Index Name" in node}),
        scanned=sorted(
            {
                node["Relation Name"]
                for node in scans
                if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large
            }
        ),
        buffers=found["Plan"].get("Shared Hit Blocks", 0)
        + found["Plan"].get("Shared Read Blocks", 0),
        text=text,
    )


def _loaded(answer: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(answer) if isinstance(answer, str) else answer
    return found


def _large_tables(cursor: Any) -> set[str]:
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'm') AND"
        " pg_relation_size(oid) > %s * current_setting('block_size')::int",
        [SMALL_PAGES],
    )
    return {row[0] for row in cursor.fetchall()}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _is_scan(node: dict[str, Any]) -> bool:
    return "Relation Name" in node and node["Node Type"].endswith("Scan")


def _read(node: dict[str, Any]) -> int:
    removed = sum(node.get(name, 0) for name in REMOVED)
    rows: float = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return round(rows)


def _returned(plan: dict[str, Any]) -> int:
    """Return the rows that a query gave, or that a write changed."""
    if plan["Node Type"] == "ModifyTable" and not plan["Actual Rows"]:
        return sum(_returned(child) for child in plan.get("Plans", ()))
    rows: float = plan["Actual Rows"] * plan["Actual Loops"]
    return round(rows)
