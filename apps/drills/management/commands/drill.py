"""`manage.py drill list|NAME …`: harm done on purpose, and what became of the promises."""

import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.cluster.errors import ClusterError
from apps.drills import catalogue, people, report, running, verdict
from apps.drills.browsers import Browser
from apps.drills.callers import Caller
from apps.drills.drill import Drill
from apps.drills.errors import DrillError
from apps.drills.running import Load
from apps.drills.site import Site

LIMITS = {"rate": (1, 1000), "seconds": (1, 600), "times": (1, 100)}


class Command(BaseCommand):
    help = "Harm a site of the drill's own under load, and report what was lost, doubled or stale."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", help="drills, held in a row, or `list`")
        parser.add_argument("--ha", action="store_true", help="on a cluster that Patroni leads")
        parser.add_argument("--rate", type=float, default=20, help="writes a second (default 20)")
        parser.add_argument(
            "--seconds", type=float, default=10, help="before the harm, and after it (default 10)"
        )
        parser.add_argument("--times", type=int, default=1, help="so often in a row (default 1)")
        parser.add_argument(
            "--through",
            choices=("http", "services"),
            default="http",
            help="how people write: services cost a third, for high rates (default http)",
        )
        parser.add_argument("--home", type=Path, help="the folder of the drill's own cluster")
        parser.add_argument(
            "--keep", action="store_true", help="leave the cluster up for the next drill"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """List the drills, or hold some; exit code 1 when a promise is broken."""
        width = None if self.stdout.isatty() else 110
        self.console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        if options["names"] == ["list"]:
            self.console.print(report.listing(list(catalogue.DRILLS.values())))
            return
        try:
            kept = self._hold([catalogue.named(name) for name in options["names"]], options)
        except (DrillError, ClusterError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("The drill was stopped half-way.", returncode=130) from None
        if not kept:
            raise CommandError("A promise was broken.")

    def _hold(self, drills: list[Drill], options: dict[str, Any]) -> bool:
        _check(drills, options)
        form = "ha" if options["ha"] else "plain"
        home = (options["home"] or settings.BASE_DIR / ".rookery-drills" / form).resolve()
        site = Site(home, is_ha=options["ha"], say=self.console.print)
        for drill in drills:
            running.check(drill, site)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if home != settings.HOME:
                _begin_there(site)
            site.open()
            return self._rounds(drills * options["times"], site, options)
        finally:
            site.close(keep=options["keep"])

    def _rounds(self, drills: list[Drill], site: Site, options: dict[str, Any]) -> bool:
        # What meets a harmed server is counted; it need not be told line by line.
        logging.getLogger("apps").setLevel(logging.CRITICAL)
        embody = Caller if options["through"] == "services" else partial(Browser, site.port)
        crowds = people.gather(running.AUTHORS)
        load = Load(crowds, embody, options["rate"], options["seconds"])
        kept = [self._once(drill, site, load) for drill in drills]
        return all(kept)

    def _once(self, drill: Drill, site: Site, load: Load) -> bool:
        figures = running.run(drill, site, load)
        broken = verdict.broken(drill, figures, is_ha=site.is_ha)
        report.show(self.console, drill, figures, broken, site.notes)
        return not broken


def _check(drills: list[Drill], options: dict[str, Any]) -> None:
    for name, (low, high) in LIMITS.items():
        if not low <= options[name] <= high:
            raise DrillError(f"--{name} is a number from {low} to {high}.")
    for drill in drills:
        if drill.needs_http and options["through"] != "http":
            raise DrillError(f"{drill.name} harms web processes: run it --through http.")


def _begin_there(site: Site) -> None:
    """Bring up the servers, then become a process of their site: settings are read once."""
    site.home.mkdir(parents=True, exist_ok=True)
    site.found()
    os.environ.pop("ROOKERY_TOPOLOGY", None)
    os.environ.pop("ROOKERY_SECRET_KEY", None)
    os.environ["ROOKERY_HOME"] = str(site.home)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606
