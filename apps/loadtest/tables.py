"""What is shown in the terminal: how a test goes, and what it came to."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from apps.loadtest.perf import Measured
from apps.loadtest.profiles import Profile
from apps.loadtest.running import Live
from apps.loadtest.summaries import Summary

TIMES = ("p50 ms", "p99 ms", "p99.9 ms")


@contextmanager
def progress(console: Console, profile: Profile) -> Iterator[Callable[[Live], None]]:
    """Show how far a test is; gives the function to tell it each second."""
    columns = (
        TextColumn("{task.description:<8}"),
        BarColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=console, transient=True) as shown:
        bar = shown.add_task(profile.name, total=profile.seconds, said="starting")

        def watch(live: Live) -> None:
            said = (
                f"{live['users']:,} visitors, {live['asked']:,} answers, {live['errors']:,} errors"
            )
            shown.update(bar, completed=max(0.0, live["since"]), said=said)

        yield watch


def summary(found: Summary) -> Table:
    """Return the phases of a test, and the endpoints of each."""
    title = f"{found.profile}: {'passed' if found.passed else 'FAILED'}"
    table = _table(title, ("phase", "endpoint"), ("asked", "errors", *TIMES))
    for phase in found.phases:
        cells = (f"{phase.asked:,}", f"{phase.errors:,}", *_ms(phase.p50, phase.p99, phase.p999))
        style = "bold red" if phase.faults else "bold green"
        table.add_row(phase.name, f"all of {phase.users:,} visitors", *cells, style=style)
        for row in found.endpoints:
            if row.phase == phase.name and row.asked:
                cells = (f"{row.asked:,}", f"{row.errors:,}", *_ms(row.p50, row.p99, row.p999))
                table.add_row("", row.name, *cells)
        table.add_section()
    return table


def faults(found: Summary) -> Iterable[str]:
    """Say what was not tested, why a test failed, and what went wrong most."""
    if found.untested:
        yield f"[yellow]{found.untested}[/yellow]"
    for phase in found.phases:
        for fault in phase.faults:
            yield f"[red]{phase.name}: {fault}[/red]"
    worst = sorted(found.failures.items(), key=lambda item: -item[1])[:5]
    yield from (f"  {count:,} times {text}" for text, count in worst)


def measured(rows: Iterable[Measured]) -> Table:
    """Return what single endpoints cost."""
    names = (*TIMES, "CPU ms", "queries", "kB", "kB sent")
    table = _table("one endpoint after the other", ("endpoint",), names)
    for row in rows:
        table.add_row(
            row.name,
            *_ms(row.p50, row.p99, row.p999),
            f"{row.cpu_ms:.1f}" if row.cpu_ms is not None else "-",
            f"{row.queries:.1f}" if row.queries is not None else "-",
            f"{row.page_bytes / 1000:.1f}",
            f"{row.sent_bytes / 1000:.1f}",
        )
    return table


def _table(title: str, texts: Iterable[str], numbers: Iterable[str]) -> Table:
    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    for name in texts:
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _ms(*values: float) -> list[str]:
    return [f"{value:,.1f}" for value in values]
