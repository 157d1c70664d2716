"""What `manage.py loadtest` does with a site: needs what developers install, locust before all."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from apps.loadtest import asks, finding, perf, reports, sites, tables
from apps.loadtest.profiles import PROFILES, STRESS, Profile
from apps.loadtest.running import Run
from apps.loadtest.summaries import Summary
from apps.loadtest.usage import Watch

# Seconds in which a site that nobody asks is watched: what it does anyway is not a request's.
IDLE = 10.0


class Target(NamedTuple):
    """What is tested: an address, a file of sessions, and the site if it is our own."""

    url: str
    people: Path | None
    site: sites.Site | None


@dataclass(frozen=True)
class Actions:
    """The actions of the command, each told by its options."""

    console: Console
    options: dict[str, Any]

    def passed(self) -> bool:
        """Do what is asked, and tell whether it passed."""
        action = self.options["action"]
        return bool(getattr(self, "_test" if action in PROFILES else f"_{action}")())

    def _test(self) -> bool:
        whole = PROFILES[self.options["action"]]
        with self._target(people=self._members(whole)) as target:
            found = self._run(target, whole, self.options["scale"], self.options["speed"] or 1.0)
        self.console.print(tables.summary(found))
        for line in tables.faults(found):
            self.console.print(line)
        self._write(found)
        return found.passed

    def _find(self) -> bool:
        with self._target(people=self._members(STRESS)) as target:
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
        with self._target(people=1) as target:
            session = json.loads(target.people.read_text())[0]["session"] if target.people else ""
            meters = target.site.meters() if target.site else perf.Meters()
            idle = perf.idle(meters, IDLE)
            rows = []
            for ask in asks.of_the_mix(target.url, session):
                self.console.print(f"Measuring {ask.name}: {count:,} requests at {rate:g}/s")
                rows.append(
                    perf.measure(target.url, ask, count=count, rate=rate, meters=meters, idle=idle)
                )
        self.console.print(tables.measured(rows))
        return True

    @contextmanager
    def _target(self, *, people: int) -> Iterator[Target]:
        """Give what is to be tested: the site at --url, or a new one with so many sessions."""
        if self.options["url"]:
            if self.options["people"] is None:
                self.console.print("No --people: all visitors are readers who are not signed in.")
            yield Target(self.options["url"].rstrip("/"), self.options["people"], None)
            return
        with sites.own(self.console.print, people) as site, tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "people.json"
            site.manage("loadtest", "people", "--count", str(people), "--people", str(path))
            yield Target(site.url, path, site)

    def _members(self, profile: Profile) -> int:
        """Return how many sessions are enough: fewer than a third of the visitors are members."""
        return profile.changed(scale=self.options["scale"]).peak // 3 + 1

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
