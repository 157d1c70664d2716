"""`manage.py fragments ensure|list|drop`: the weeks of the event log."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import box
from rich.console import Console
from rich.table import Table

from apps.events import fragments
from apps.sharding.conf import conf


class Command(BaseCommand):
    help = "The weekly fragments of the event log: make coming ones, list them, drop old ones."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        ensure = verbs.add_parser("ensure", help="make this week's and the coming ones")
        ensure.add_argument("--ahead", type=int, default=fragments.AHEAD, help="weeks (default 4)")
        verbs.add_parser("list", help="every fragment with its bounds, rows and size")
        drop = verbs.add_parser("drop", help="drop those that are finished and old")
        drop.add_argument("--older-than", required=True, help="like 12w or 90d")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one verb on every shard."""
        width = None if self.stdout.isatty() else 120
        self.console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        getattr(self, f"_{options['verb']}")(options)

    def _ensure(self, options: dict[str, Any]) -> None:
        if not 0 <= options["ahead"] <= 520:
            raise CommandError("--ahead is a number of weeks from 0 to 520.")
        for shard in conf().shards:
            made = fragments.ensure(shard, datetime.now(UTC), options["ahead"])
            self.console.print(f"{shard}: {', '.join(made) or 'all there'}")

    def _list(self, options: dict[str, Any]) -> None:
        table = Table("shard", "fragment", "until", "rows, about", "kB", box=box.SIMPLE)
        for shard in conf().shards:
            for found in fragments.fragments_of(shard):
                until = found.until.strftime("%Y-%m-%d")
                size = f"{found.size >> 10:,}"
                table.add_row(shard, found.name, until, f"{found.rows:,}", size)
        self.console.print(table)

    def _drop(self, options: dict[str, Any]) -> None:
        border = datetime.now(UTC) - _age(options["older_than"])
        for shard in conf().shards:
            gone, kept = fragments.drop(shard, border)
            self.console.print(f"{shard}: dropped {', '.join(gone) or 'nothing'}")
            for each in kept:
                self.console.print(f"{shard}: kept {each.fragment.name}, {each.reason}")


def _age(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})([wd])", text)
    if match is None or int(match[1]) == 0:
        raise CommandError("--older-than is a number of weeks or days, like 12w or 90d.")
    return timedelta(**{{"w": "weeks", "d": "days"}[match[2]]: int(match[1])})
