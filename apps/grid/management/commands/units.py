"""`manage.py units`: the running processes of the site."""

import time
from datetime import timedelta
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table

from apps.grid import units

HEAD = ("role", "host:process", "version", "runs for", "CPU", "in flight", "near MB", "hits")


class Command(BaseCommand):
    help = "List the running processes of the site: web, push, worker, beat."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--watch", action="store_true", help="go on until Ctrl-C")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them once, or again and again."""
        width = None if self.stdout.isatty() else 140
        console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        if not options["watch"]:
            found = _listed()
            console.print(_table(found) if found else "No unit has announced itself.")
            return
        with Live(_table(_listed()), console=console, auto_refresh=False) as live:
            while True:
                time.sleep(units.RENEW_EVERY)
                live.update(_table(_listed()), refresh=True)


def _listed() -> list[units.Unit]:
    try:
        return units.listed()
    except redis.RedisError as error:
        raise CommandError(
            "The server that units meet at does not answer. `manage.py cluster status` shows "
            "which servers run; `cluster up` starts the embedded ones."
        ) from error


def _table(found: list[units.Unit]) -> Table:
    table = Table(*HEAD, box=box.SIMPLE)
    for unit in found:
        age = str(timedelta(seconds=int(max(0, time.time() - unit.since))))
        load = f"{unit.cpu:.0f}%", str(unit.in_flight)
        near = unit.near_megabytes, unit.hit_percent
        table.add_row(unit.role, unit.name, unit.version, age, *load, *near)
    return table
