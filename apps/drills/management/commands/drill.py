"""`manage.py drill list|NAME`: harm done on purpose, and what became of the promises."""

import argparse
import json
import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.cluster.errors import ClusterError
from apps.drills import catalogue, people, report, running, verdict
from apps.drills.drill import Drill
from apps.drills.errors import DrillError
from apps.drills.site import Site


class Command(BaseCommand):
    help = "Harm a site of the drill's own under load, and report what was lost, doubled or stale."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="a drill, or `list`")
        parser.add_argument("--ha", action="store_true", help="on a cluster that Patroni leads")
        parser.add_argument("--rate", type=float, default=20, help="writes a second (default 20)")
        parser.add_argument(
            "--seconds", type=float, default=10, help="before the harm, and after it (default 10)"
        )
        parser.add_argument("--times", type=int, default=1, help="so often in a row (default 1)")
        parser.add_argument("--home", type=Path, help="the folder of the drill's own cluster")
        parser.add_argument(
            "--keep", action="store_true", help="leave the cluster up for the next drill"
        )
        parser.add_argument("--authors", type=int, default=running.AUTHORS, help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """List the drills, or hold one; exit code 1 when its promise is broken."""
        width = None if self.stdout.isatty() else 110
        self.console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        if options["name"] == "list":
            self.console.print(report.listing(list(catalogue.DRILLS.values())))
            return
        if options["name"] == "people":
            # A drill runs this on its own site, whose settings it has not.
            self.stdout.write(json.dumps(people.make(options["authors"])))
            return
        try:
            self._check(options)
            kept = self._hold(catalogue.named(options["name"]), options)
        except (DrillError, ClusterError) as error:
            raise CommandError(str(error)) from error
        if not kept:
            raise CommandError("A promise was broken.")

    def _check(self, options: dict[str, Any]) -> None:
        for name, low, high in (("rate", 1, 1000), ("seconds", 1, 600), ("times", 1, 100)):
            if not low <= options[name] <= high:
                raise DrillError(f"--{name} is a number from {low} to {high}.")

    def _hold(self, drill: Drill, options: dict[str, Any]) -> bool:
        form = "ha" if options["ha"] else "plain"
        home = options["home"] or settings.BASE_DIR / ".rookery-drills" / form
        site = Site(home.resolve(), is_ha=options["ha"], say=self.console.print)
        running.check(drill, site)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            site.open()
            found = site.people(options["authors"])
            outcomes = [self._once(drill, site, found, options) for _ in range(options["times"])]
        finally:
            site.close(keep=options["keep"])
        return all(outcomes)

    def _once(
        self, drill: Drill, site: Site, people: dict[str, Any], options: dict[str, Any]
    ) -> bool:
        figures = running.run(drill, site, people, rate=options["rate"], seconds=options["seconds"])
        broken = verdict.broken(drill, figures, is_ha=site.is_ha)
        report.show(self.console, drill, figures, broken, site.notes)
        return not broken
