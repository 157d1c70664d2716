"""`manage.py explain`: what the hot queries cost on the data that is there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from rich import box
from rich.console import Console
from rich.table import Table

from apps.indexing import hot, reports
from apps.indexing.reports import Line
from apps.sharding.conf import conf

HEAD = ("query", "on", "ms", "rows read", "returned", "buffers", "index", "")


class Command(BaseCommand):
    help = "Explain every hot query on each shard; exit 1 where one reads more than it should."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="these only, with their plans")
        parser.add_argument("--shard", help="on this shard only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run them and print the table; with names, the plans as well."""
        names, shard = options["names"], options["shard"]
        known = list(hot.registered())
        if unknown := sorted(set(names) - set(known)):
            raise CommandError(
                f"No hot query is called {', '.join(unknown)}. There are: {', '.join(known)}."
            )
        if shard and shard not in conf().shards:
            raise CommandError(
                f"No shard is called {shard}. There are: {', '.join(conf().shards)}."
            )
        try:
            found = list(reports.lines(names or known, shard))
        except OperationalError as error:
            raise CommandError(
                f"A database does not answer: {error}. `manage.py cluster status` says which "
                "servers run."
            ) from error
        self._print(found, with_plans=bool(names))
        if any(line.faults for line in found):
            raise CommandError("Some queries read more than they should.")

    def _print(self, found: list[Line], *, with_plans: bool) -> None:
        width = None if self.stdout.isatty() else 160
        console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        table = Table(*HEAD, box=box.SIMPLE)
        for line in found:
            table.add_row(*_cells(line))
        console.print(table)
        for line in found:
            if with_plans and line.cost:
                console.print(f"{line.query.name} on {line.alias}", style="bold")
                console.print(line.cost.text, markup=False)


def _cells(line: Line) -> list[str]:
    name = line.query.name if line.number == 1 else ""
    cost = line.cost
    if cost is None:
        return [name, line.alias, "", "", "", "", "", "no data to try it with"]
    verdict = "; ".join(line.faults) or (f"bound: {line.query.why}" if line.query.most else "")
    numbers = [cost.rows_read, cost.rows_returned, cost.buffers]
    cells = [f"{cost.milliseconds:.2f}", *(f"{number:,}" for number in numbers)]
    return [name, line.alias, *cells, ", ".join(cost.indexes), verdict]
