"""A drill's figures for people to read."""

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from apps.drills.drill import Drill
from apps.drills.verdict import PHASES, Figures


def listing(drills: list[Drill]) -> Table:
    """Return a table of all drills."""
    table = Table("drill", "harms", "promises", "heals", box=box.SIMPLE)
    for drill in drills:
        name = f"{drill.name} (--ha)" if drill.needs_ha else drill.name
        table.add_row(f"[bold]{name}[/bold]", drill.harms, drill.promises, drill.heals)
    return table


def show(
    console: Console, drill: Drill, found: Figures, broken: list[str], notes: list[str]
) -> None:
    """Print what a drill measured and whether its promise was kept."""
    kept = Text("The promise was kept.", style="bold green")
    if broken:
        kept = Text(f"The promise was broken: {'; '.join(broken)}.", style="bold red")
    parts: list[RenderableType] = [
        Text(f"harm     {drill.harms}"),
        *(Text(f"         {note}") for note in notes),
        Text(f"promise  {drill.promises}"),
        _counts(found),
        _times(found),
        kept,
    ]
    colour = "red" if broken else "green"
    console.print(Panel(Group(*parts), title=drill.name, title_align="left", border_style=colour))


def _counts(found: Figures) -> Table:
    table = Table(box=box.SIMPLE)
    names = ("acknowledged", "lost", "doubled", "undelivered", "stale", "errors", "longest gap")
    for name in (*names, "whole again"):
        table.add_column(name, justify="right")
    books = found.ledger
    table.add_row(
        f"{found.acknowledged:,}",
        *(str(n) for n in (books.lost, books.doubled, books.undelivered, found.stale)),
        _errors(found),
        f"{found.gap:.2f} s",
        f"{found.healed:.1f} s",
    )
    return table


def _errors(found: Figures) -> str:
    if not found.errors:
        return "0"
    kinds = ", ".join(f"{why} {count}" for why, count in found.errors.most_common())
    return f"{found.errors.total()} ({kinds})"


def _times(found: Figures) -> Table:
    table = Table("p99.9 of writes", *PHASES, box=box.SIMPLE)
    for row, name in enumerate(("the harmed shard", "the others")):
        cells = [
            f"{found.p999[phase][row] * 1000:,.0f} ms of {found.counts[phase][row]:,}"
            for phase in PHASES
        ]
        table.add_row(name, *cells)
    return table
