"""The figure of docs/scaling.md: how busy each part is at each order, as it is and as planned."""

from collections.abc import Sequence
from html import escape

from benchmarks.simulating.results import Result

WIDTH, ROW, LEFT, TOP = 880, 26, 120, 92
GREEN, AMBER, RED = "#2e7d5b", "#b7791f", "#b3261e"
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.small{font-size:11px}"
    ".white{fill:#fff}.title{font-size:16px;font-weight:600}"
)


def figure(title: str, columns: Sequence[tuple[str, Result]]) -> str:
    """Return an SVG: a column for each result, a row for each part, coloured by its load."""
    parts = list(dict.fromkeys(name for _, each in columns for name in each.parts))
    height = TOP + ROW * (len(parts) + 2)
    body = [f'<text class="title" x="12" y="24">{escape(title)}</text>']
    body += [_text(12, TOP + ROW * n + 17, name) for n, name in enumerate(parts)]
    width = (WIDTH - LEFT - 12) / len(columns)
    for number, (name, each) in enumerate(columns):
        body += _column(LEFT + number * width, width, name, each, parts)
    key = (
        "Work over cores: green below 60%, amber below 100%, red above: it saturates. "
        "Last: until a post is with its last follower."
    )
    body.append(_text(12, height - 12, key, "small"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}"><style>{STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(body)}</svg>\n'
    )


def _column(left: float, width: float, name: str, each: Result, parts: Sequence[str]) -> list[str]:
    lines = (*name.split(", "), f"last: {each.delivered_last:.1f} s")
    found = [_text(left + 4, TOP - 40 + 16 * n, line, "small") for n, line in enumerate(lines)]
    for number, part in enumerate(parts):
        load = each.parts.get(part, 0.0)
        colour = GREEN if load < 0.6 else AMBER if load < 1 else RED
        top = TOP + ROW * number
        found.append(
            f'<rect x="{left:.0f}" y="{top}" width="{width - 4:.0f}" height="{ROW - 3}" '
            f'rx="3" fill="{colour}"/>'
        )
        found.append(_text(left + 8, top + 16, f"{load:.0%}", "white"))
    return found


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text class="{style}" x="{x:.0f}" y="{y:.0f}">{escape(text)}</text>'
