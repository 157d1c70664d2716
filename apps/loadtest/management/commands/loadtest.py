"""`manage.py loadtest`: load and stress tests, what endpoints cost, what a machine carries."""

import json
import os
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.cluster.errors import ClusterError
from apps.loadtest import people
from apps.loadtest.errors import CannotRun

ACTIONS = """
load    25 visitors, growing to 100, then 50: 2.5 minutes
stress  2,500 visitors, growing to 10,000, then 500: 9 minutes
find    the greatest share of the stress test that passes here, and what is in its way
perf    what each endpoint costs by itself
people  make sessions for the visitors, for locust on other machines
"""
MOST = {"scale": 100.0, "speed": 100.0, "processes": 64, "rate": 1000.0, "count": 1_000_000}
# As a path of --people: sessions are written to standard output.
STDOUT = Path("-")


class Command(BaseCommand):
    help = "Load and stress tests with thresholds; exit code 1 when one of them fails."
    # There may be no servers yet: a test makes its own.
    requires_system_checks = ()

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, **options, formatter_class=RawDescriptionHelpFormatter)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = ACTIONS
        add = parser.add_argument
        add("action", choices=("load", "stress", "find", "perf", "people"))
        add("--url", default="", help="of a running site (default: a new one, gone afterwards)")
        add("--scale", type=float, default=1.0, help="of the visitors: 0.1 is a tenth")
        add("--speed", type=float, default=0.0, help="10: phases of a tenth of their time")
        add("--processes", type=int, default=0, help="of the generator (default: by the visitors)")
        add("--people", type=Path, help="sessions; `loadtest people` writes them, `-`: to stdout")
        add("--report", type=Path, help="HTML file to write")
        add("--count", type=int, default=1000, help="perf: requests; people: sessions")
        add("--rate", type=float, default=10.0, help="perf: requests a second")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is asked; a test that fails ends with exit code 1."""
        self.console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        self.options = options
        _check(options)
        try:
            passed = self._people() if options["action"] == "people" else self._tested()
        except (CannotRun, ClusterError) as error:
            raise CommandError(str(error)) from error
        if not passed:
            raise SystemExit(1)

    def _tested(self) -> bool:
        # Sessions are made where the site's servers can be reached, so in the production image too.
        # All else needs what developers install.
        try:
            from apps.loadtest.actions import Actions
        except ModuleNotFoundError as error:
            raise CannotRun(
                f"{error.name} is not installed here. Install all of requirements.txt: without "
                f"it there is `loadtest people` alone."
            ) from error
        return Actions(self.console, self.options).passed()

    def _people(self) -> bool:
        path = self.options["people"]
        if path is None:
            raise CannotRun("Say where to write the sessions: `--people people.json`.")
        found = people.sign_in(self.options["count"])
        if path == STDOUT:
            self.stdout.write(json.dumps(found))
            return True
        # Who has these keys is signed in.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(found, file)
        self.console.print(f"{len(found):,} sessions are in {path}. Remove it after the test.")
        return True


def _check(options: dict[str, Any]) -> None:
    for name, most in MOST.items():
        value = options[name]
        unset = name in ("speed", "processes") and value == 0
        if not unset and not 0 < value <= most:
            raise CommandError(f"--{name} is a number above 0, up to {most:,g}; not {value:g}.")
    if options["url"] and not options["url"].startswith(("http://", "https://")):
        raise CommandError("--url is an address such as http://127.0.0.1:8000.")
    if options["people"] and options["action"] != "people" and not options["people"].exists():
        raise CommandError(
            f"{options['people']} is not there. Make it where the site's servers can be reached: "
            f"`manage.py loadtest people --people {options['people']}`."
        )
    if (report := options["report"]) and not report.absolute().parent.is_dir():
        raise CommandError(f"{report} cannot be written: its folder is not there. Make it first.")
