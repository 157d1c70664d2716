"""`manage.py cache stats|flush`: how well cached queries do; forgetting all of them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import box
from rich.console import Console
from rich.table import Table

from apps.caching import stats, store

HITS = {"near": "in memory", "hit": "in grid", "stale": "value before"}
REST = {
    "filled": "filled",
    "passed": "passed by",
    "waited": "waited",
    "late": "late",
    "away": "away",
}
OUTCOMES = HITS | REST


class Command(BaseCommand):
    help = "Show how often cached queries were answered from the cache, or forget all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("stats", help="hits and fills of each query, of all processes")
        verbs.add_parser("flush", help="forget versions and values: all is asked for anew")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one verb."""
        width = None if self.stdout.isatty() else 140
        self.console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        try:
            getattr(self, f"_{options['verb']}")()
        except store.Away as error:
            raise CommandError(
                f"Valkey does not answer ({error}). `manage.py cluster status` says more; the site "
                "goes on without it."
            ) from error

    def _stats(self) -> None:
        table = Table("query", "hit ratio", *OUTCOMES.values(), box=box.SIMPLE)
        for query, counts in stats.of_site().items():
            numbers = [counts.get(outcome, 0) for outcome in OUTCOMES]
            ratio = sum(numbers[: len(HITS)]) / max(1, sum(numbers))
            table.add_row(query, f"{ratio:.1%}", *map(str, numbers))
        self.console.print(table if table.row_count else "No cached query was asked yet.")

    def _flush(self) -> None:
        self.console.print(f"{store.flush()} keys forgotten.")
