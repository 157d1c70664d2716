"""What a simulation comes to: figures of one order of magnitude, and the table of all."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from benchmarks.simulating.plans import Plan
from benchmarks.simulating.site import Site


@dataclass(frozen=True)
class Result:
    """Seconds; `parts` are utilisations by name, `busiest` those of the busiest node of each."""

    plan: Plan
    asked: int
    answered: int
    p50: float
    p999: float
    posts: int
    merged: int
    rows: int
    delivered_p50: float
    delivered_last: float
    parts: dict[str, float]
    busiest: dict[str, float]

    @property
    def first(self) -> str:
        """The part that has least to give: it saturates first."""
        return max(self.parts, key=lambda name: self.parts[name])


def result(site: Site) -> Result:
    """Return the figures of a site that has run."""
    posts = [fact for fact in site.fan_out.facts if fact.is_post]
    spread = [fact.done - fact.committed for fact in posts if not fact.is_merged] or [0.0]
    seconds = site.plan.seconds
    return Result(
        plan=site.plan,
        asked=site.asked,
        answered=len(site.times),
        p50=quantile(site.times, 0.5),
        p999=quantile(site.times, 0.999),
        posts=len(posts),
        merged=sum(fact.is_merged for fact in posts),
        rows=sum(len(fact.reached) for fact in posts),
        delivered_p50=statistics.median(spread),
        delivered_last=max(spread),
        parts={part.name: part.utilisation(seconds) for part in site.servers.parts},
        busiest={part.name: part.busiest(seconds) for part in site.servers.parts},
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of values do not pass; 0 without any."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def table(results: Sequence[Result]) -> Table:
    """Return a table with a column for each result."""
    found = Table(title="The load profile, times so many", caption="Utilisation: work over cores")
    found.add_column("")
    for each in results:
        found.add_column(f"{each.plan.scale:,}x", justify="right")
    for name, cells in _rows(results).items():
        found.add_row(name, *cells)
    return found


def _rows(results: Sequence[Result]) -> dict[str, list[str]]:
    rows = {
        "requests/s": [f"{each.plan.requests:,}" for each in results],
        "simulated": [f"{each.plan.seconds:g} s, {each.asked:,}" for each in results],
        "shards, replicas of each": [f"{e.plan.shards}, {e.plan.replicas}" for e in results],
        "web, push, workers": [
            f"{e.plan.web:,}, {e.plan.push}, {e.plan.workers:,}" for e in results
        ],
        "Valkey, proxies": [f"{e.plan.valkeys}, {e.plan.proxies}" for e in results],
        "p50": [_ms(each.p50) for each in results],
        "p99.9": [_ms(each.p999) for each in results],
        "posts, merged at read": [f"{each.posts:,}, {each.merged:,}" for each in results],
        "timeline rows a post": [f"{e.rows / max(1, e.posts - e.merged):,.0f}" for e in results],
        "delivery, p50": [_ms(each.delivered_p50) for each in results],
        "delivery, the last": [_ms(each.delivered_last) for each in results],
    }
    for name in dict.fromkeys(name for each in results for name in each.parts):
        rows[name] = [f"{each.parts.get(name, 0):.0%}" for each in results]
    return rows | {"saturates first": [each.first for each in results]}


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms" if seconds < 10 else f"{seconds:,.0f} s"
