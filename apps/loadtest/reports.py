"""The report: one HTML file with everything in it, for light and dark screens and for paper."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from apps.loadtest.charts import Line, chart
from apps.loadtest.summaries import Endpoint, PhaseResult, Summary

STYLE = Path(__file__).with_name("report.css")
HEAD = ("asked", "errors", "p50 ms", "p99 ms", "p99.9 ms")
# Where p99.9 means something: below, it is the greatest value of few.
ENOUGH = 10_000
LONG = 60


def page(summary: Summary) -> str:
    """Return the report of a test."""
    title = f"Rookery: {summary.profile} test"
    body = "".join(
        (
            _head(summary, title),
            "<h2>Phases</h2>",
            _phases(summary),
            "<h2>Over time</h2>",
            *_charts(summary),
            "<h2>Endpoints</h2>",
            *(_endpoints(summary, phase) for phase in summary.phases),
            _failures(summary),
            _notes(summary),
        )
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE.read_text()}</style></head><body>{body}</body></html>"
    )


def _head(summary: Summary, title: str) -> str:
    word, style = ("passed", "good") if summary.passed else ("failed", "bad")
    when = datetime.fromtimestamp(summary.started, UTC)
    return (
        f'<h1>{escape(title)}<span class="verdict {style}">{word}</span></h1>'
        f'<p class="soft">{escape(summary.url)}, {when:%d %B %Y, %H:%M} UTC, '
        f"{summary.seconds:,.0f} s, at most {max(p.users for p in summary.phases):,} visitors of "
        f"one request a second each</p>"
        + (f'<p class="bad">{escape(summary.untested)}</p>' if summary.untested else "")
    )


def _phases(summary: Summary) -> str:
    rows = [
        (
            phase.name,
            f"{phase.users:,}",
            f"{phase.end - phase.start:,.0f} s",
            f"{phase.due:,.0f}",
            *_figures(phase, summary.limits.p999_ms),
            _verdict(phase),
        )
        for phase in summary.phases
    ]
    return _table(("phase", "visitors", "time", "due", *HEAD, "verdict"), rows)


def _verdict(phase: PhaseResult) -> str:
    if not phase.faults:
        return '<span class="good">passed</span>'
    return f'<span class="bad">{escape("; ".join(phase.faults))}</span>'


def _charts(summary: Summary) -> Iterable[str]:
    points = summary.points
    moments = [point.at for point in points]
    marks: dict[str, Any] = {
        "phases": [(phase.name, phase.start) for phase in summary.phases],
        "seconds": summary.seconds,
    }
    users = [
        Line("all", "a", [point.users for point in points]),
        Line("signed in", "d", [point.members for point in points]),
    ]
    yield chart("Visitors", moments, users, **marks)
    rate = [Line("requests a second", "d", [point.rate for point in points])]
    yield chart("Rate", moments, rate, **marks)
    times = [
        Line("p99.9", "c", [point.p999 for point in points]),
        Line("p99", "b", [point.p99 for point in points]),
        Line("p50", "a", [point.p50 for point in points]),
    ]
    limit = summary.limits.p999_ms
    yield chart("Time, ms from when it was due", moments, times, limit=limit, unit=" ms", **marks)
    errors = [Line("percent of requests", "c", [_percent(p.errors, p.rate) for p in points])]
    allowed = 100 * summary.limits.errors
    yield chart("Errors", moments, errors, limit=allowed, unit=" %", **marks)
    if summary.usage:
        yield chart("Cores used", summary.usage["at"], _cores(summary.usage), **marks)


def _percent(errors: float, rate: float) -> float:
    return 100 * errors / rate if rate else 100.0 * bool(errors)


def _cores(usage: dict[str, Any]) -> list[Line]:
    styles = "abcdefgh"
    return [
        Line(name, styles[n % len(styles)], values)
        for n, (name, values) in enumerate(usage["cores"].items())
    ]


def _endpoints(summary: Summary, phase: PhaseResult) -> str:
    rows = [
        (
            escape(row.name),
            *_figures(row, 0 if row.name in summary.told else summary.limits.p999_ms),
        )
        for row in summary.endpoints
        if row.phase == phase.name and row.asked
    ]
    return _table((phase.name, *HEAD), rows)


def _figures(row: Endpoint | PhaseResult, limit: float) -> tuple[str, ...]:
    slow = ' class="bad"' if limit and row.p999 >= limit else ""
    wrong = ' class="bad"' if row.errors else ""
    return (
        f"{row.asked:,}",
        f"<span{wrong}>{row.errors:,}</span>",
        f"{row.p50:,.1f}",
        f"{row.p99:,.1f}",
        f"<span{slow}>{row.p999:,.1f}</span>",
    )


def _failures(summary: Summary) -> str:
    if not summary.failures:
        return ""
    worst = sorted(summary.failures.items(), key=lambda item: -item[1])[:30]
    rows = [(escape(text), f"{count:,}") for text, count in worst]
    return "<h2>What went wrong</h2>" + _table(("error", "times"), rows)


def _notes(summary: Summary) -> str:
    few = any(phase.asked < ENOUGH for phase in summary.phases)
    lines = [
        "Times are unrounded and count from the moment at which a request was due.",
        f"The generator itself was late by {summary.late_ms:,.1f} ms at p99.9.",
    ]
    if summary.told:
        lines.append(
            f"Listed but not judged by time: {', '.join(summary.told)}, a message that comes when "
            f"all of its work is done."
        )
    if few:
        lines.append(
            f"A phase of fewer than {ENOUGH:,} requests has its p99.9 from a handful of them."
        )
    return "<h2>How to read it</h2>" + "".join(f'<p class="soft">{line}</p>' for line in lines)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<div class="table"><table><tr>{top}</tr>{body}</table></div>'


def _cell(text: str) -> str:
    """Return a cell; a number does not break, words do."""
    kind = ' class="text"' if len(text) > LONG else ""
    return f"<td{kind}>{text}</td>"
