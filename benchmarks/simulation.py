#!/usr/bin/env python3
"""One laptop's load, and up to ten thousand times that: what saturates first, by simulation.

    python benchmarks/simulation.py [--scale 1 10 100 1000 10000] [--shards N] [--replicas N]
        [--web N] [--workers N] [--proxy-seconds N] [--servers-of SCALE] [--seed N] [--json FILE]
        [--svg FILE]

Servers and times are simulated; which shard an account is on, which replica answers a reader, who
is fanned out and who merged at read, and in what batches, is decided by the project's own code.
Times of work are those in `simulating/times.py`, plans of servers in `simulating/plans.py`. Shards,
replicas, web processes and workers that are given take the place of a plan's. The greater the
order, the fewer seconds are simulated, never another law: from 60 s (6,000 requests) down to 0.2 s
(200,000). All of them take less than a minute. The same seed makes the same figures.
"""

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
NUMBERS = ("shards", "replicas", "web", "workers", "proxy_seconds")


def main() -> None:
    """Simulate and print."""
    import django
    from rich.console import Console

    django.setup()
    from benchmarks.simulating import results
    from benchmarks.simulating.plans import BadPlan

    parser = arguments()
    options = parser.parse_args()
    try:
        found = simulated(options)
    except BadPlan as error:
        parser.error(str(error))
    Console().print(results.table(found))
    if options.json:
        figures = [dataclasses.asdict(each) | {"first": each.first} for each in found]
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    if options.svg:
        options.svg.write_text(drawn(options, found))


def arguments() -> argparse.ArgumentParser:
    """Return what may be asked for."""
    from benchmarks.simulating.plans import PLANS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, nargs="+", default=list(PLANS))
    for name in NUMBERS:
        kind = float if name == "proxy_seconds" else int
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="N")
    parser.add_argument("--servers-of", type=int, metavar="SCALE", help="of another plan")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--svg", type=Path, metavar="FILE", help="draw each order on the servers before, then its"
    )
    return parser


def simulated(options: argparse.Namespace) -> list:
    """Return the results at each order of magnitude; raises BadPlan before the first is run."""
    from benchmarks.simulating.plans import planned

    numbers = {name: getattr(options, name) for name in NUMBERS}
    plans = [planned(scale, servers_of=options.servers_of) for scale in options.scale]
    return [run(plan.changed(**numbers), options.seed) for plan in plans]


def run(plan, seed: int):
    """Return the result of one plan."""
    from benchmarks.simulating.results import result
    from benchmarks.simulating.site import Site

    site = Site(plan, seed)
    site.run()
    return result(site)


def drawn(options: argparse.Namespace, found: list) -> str:
    """Return the figure: what each order does to the servers of the one before, and to its own."""
    from benchmarks.simulating.drawing import figure
    from benchmarks.simulating.plans import planned

    columns = []
    for before, each in zip([None, *found], found, strict=False):
        if before:
            short = planned(each.plan.scale, servers_of=before.plan.scale)
            columns.append((f"{each.plan.scale:,}x, not grown", run(short, options.seed)))
        columns.append((f"{each.plan.scale:,}x, as planned", each))
    return figure("How busy each part is, by simulation", columns)


if __name__ == "__main__":
    main()
