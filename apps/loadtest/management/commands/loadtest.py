"""`manage.py loadtest`: load and stress tests, what endpoints cost, what a machine carries."""

import json
import os
import tempfile
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.cluster.errors import ClusterError
from apps.loadtest import finding, people, perf, reports, sites, tables
from apps.loadtest.errors import CannotRun
from apps.loadtest.profiles import PROFILES, STRESS, Profile
from apps.loadtest.running import Run
from apps.loadtest.summaries import Summary
from apps.loadtest.usage import Watch

ACTIONS = """
load    25 visitors, growing to 100, then 50: 2.5 minutes
stress  2,500 visitors, growing to 10,000, then 500: 9 minutes
find    the greatest share of the stress test that passes here, and what is in its way
perf    what each endpoint costs by itself
people  make sessions for the visitors, for locust on other machines
"""
# Seconds in which a site that nobody asks is watched: what it does anyway is not a request's.
IDLE = 10.0
MOST = {"scale": 100.0, "speed": 100.0, "processes": 64, "rate": 1000.0, "count": 1_000_000}


class Target(NamedTuple):
    """What is tested: an address, a file of sessions, and the site if it is our own."""

    url: str
    people: Path | None
    site: sites.Site | None


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
        add("--people", type=Path, help="sessions made by `loadtest people`; written by that")
        add("--report", type=Path, help="HTML file to write")
        add("--count", type=int, default=1000, help="perf: requests; people: sessions")
        add("--rate", type=float, default=10.0, help="perf: requests a second")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is asked; a test that fails ends with exit code 1."""
        self.console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        self.options = options
        _check(options)
        action = options["action"]
        try:
            passed = getattr(self, f"_{action}" if action not in PROFILES else "_test")()
        except (CannotRun, ClusterError) as error:
            raise CommandError(str(error)) from error
        if not passed:
            raise SystemExit(1)

    def _test(self) -> bool:
        whole = PROFILES[self.options["action"]]
        with self._target(whole) as target:
            found = self._run(target, whole, self.options["scale"], self.options["speed"] or 1.0)
        self.console.print(tables.summary(found))
        for line in tables.faults(found):
            self.console.print(line)
        self._write(found)
        return found.passed

    def _find(self) -> bool:
        with self._target(STRESS) as target:
            speed = self.options["speed"] or finding.SPEED

            def attempt(scale: float) -> Summary:
                found = self._run(target, STRESS, scale, speed)
                self.console.print(finding.attempt_line(found, scale))
                return found

            result = finding.find(attempt, most=self.options["scale"])
        for line in result.lines():
            self.console.print(line)
        if result.best is not None:
            self._write(result.best)
        return result.best is not None

    def _perf(self) -> bool:
        count, rate = self.options["count"], self.options["rate"]
        with self._target(STRESS, 1) as target:
            session = json.loads(target.people.read_text())[0]["session"] if target.people else ""
            meters = target.site.meters() if target.site else perf.Meters()
            idle = perf.idle(meters, IDLE)
            rows = []
            for ask in perf.asks(target.url, session):
                self.console.print(f"Measuring {ask.name}: {count:,} requests at {rate:g}/s")
                rows.append(
                    perf.measure(target.url, ask, count=count, rate=rate, meters=meters, idle=idle)
                )
        self.console.print(tables.measured(rows))
        return True

    def _people(self) -> bool:
        path = self.options["people"]
        if path is None:
            raise CannotRun("Say where to write the sessions: `--people people.json`.")
        found = people.sign_in(self.options["count"])
        # Who has these keys is signed in.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(found, file)
        self.console.print(f"{len(found):,} sessions are in {path}. Remove it after the test.")
        return True

    @contextmanager
    def _target(self, profile: Profile, count: int = 0) -> Iterator[Target]:
        """Give what is to be tested: the site at --url, or a new one with sessions."""
        if self.options["url"]:
            if self.options["people"] is None:
                self.console.print("No --people: all visitors are readers who are not signed in.")
            yield Target(self.options["url"].rstrip("/"), self.options["people"], None)
            return
        count = count or max(1, round(profile.peak * self.options["scale"] / 2))
        with sites.own(self.console.print) as site, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "people.json"
            site.manage("loadtest", "people", "--count", str(count), "--people", str(path))
            yield Target(site.url, path, site)

    def _run(self, target: Target, whole: Profile, scale: float, speed: float) -> Summary:
        profile = whole.changed(scale=scale, speed=speed)
        processes = self.options["processes"] or _enough(profile)
        run = Run(whole.name, target.url, target.people, scale, speed, processes)
        pids = target.site.pids() if target.site else {}
        with tables.progress(self.console, profile) as show, Watch(pids) as watch:

            def told(live: dict[str, Any]) -> None:
                watch.pids["generator"] = live["pids"]
                show(live)

            found = run.summary(told)
        found.usage = watch.usage(found.started, found.seconds)
        return found

    def _write(self, found: Summary) -> None:
        if path := self.options["report"]:
            path.write_text(reports.page(found))
            self.console.print(f"The report is {path}")


def _enough(profile: Profile) -> int:
    """Return how many processes the generator needs: each carries some 300 requests a second."""
    return max(1, min(os.cpu_count() or 1, -(-profile.peak // 300)))


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
