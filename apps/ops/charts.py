"""Charts as SVG paths, from numbers. Pure; colours and strokes are the style sheet's."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from apps.ops.lag import Track

WIDTH, HEIGHT = 320.0, 72.0
# A chart whose highest value is lower than this does not stretch it to the top.
LEAST_TOP = 5.0
COLUMNS = 32
CELL, GAP = 9, 1
LEVELS = 6


class Line(NamedTuple):
    """A line of a chart: whose, its path, the path of the moments that are not known, its end."""

    name: str
    path: str
    away: str
    last: float | None


class Chart(NamedTuple):
    """Lines over the last minutes; `top` is the value of the upper edge in seconds."""

    lines: tuple[Line, ...]
    top: float


class Heat(NamedTuple):
    """The buckets of a shard as squares, one path for each level of heat; and the hottest.

    Where it is not `known` how hot they are, all of them look cold.
    """

    shard: str
    known: bool
    size: int
    levels: tuple[str, ...]
    height: int
    hottest: tuple[tuple[int, int], ...]


def chart(tracks: Mapping[str, Track], until: float, seconds: float) -> Chart:
    """Return the lines of some tracks, from `seconds` before `until` on."""
    values = [value for track in tracks.values() for _, value in track if value is not None]
    top = max([LEAST_TOP, *values])
    begun = until - seconds
    lines = [
        Line(
            name,
            "".join(_lines(track, begun, seconds, top)),
            "".join(_gaps(track, begun, seconds)),
            track[-1][1] if track else None,
        )
        for name, track in tracks.items()
    ]
    return Chart(tuple(lines), top)


def _lines(track: Track, begun: float, seconds: float, top: float) -> Iterable[str]:
    """Yield the commands of a path that is lifted where nothing is known."""
    lifted = True
    for at, value in track:
        if value is None:
            lifted = True
            continue
        x, y = WIDTH * (at - begun) / seconds, HEIGHT * (1 - value / top)
        yield f"{'M' if lifted else 'L'}{x:.1f} {y:.1f}"
        lifted = False


def _gaps(track: Track, begun: float, seconds: float) -> Iterable[str]:
    """Yield full-height strokes where nothing is known."""
    for at, value in track:
        if value is None:
            yield f"M{WIDTH * (at - begun) / seconds:.1f} 0V{HEIGHT:.0f}"


def heat(buckets: Sequence[str], events: Mapping[int, int], known: Container[str]) -> list[Heat]:
    """Return the buckets of each shard, by its name; one level hotter is about four times more."""
    owned: dict[str, list[int]] = {}
    for number, shard in enumerate(buckets):
        owned.setdefault(shard, []).append(number)
    return [_of_shard(shard, shard in known, owned[shard], events) for shard in sorted(owned)]


def _of_shard(shard: str, known: bool, numbers: Sequence[int], events: Mapping[int, int]) -> Heat:
    levels: list[list[str]] = [[] for _ in range(LEVELS)]
    for place, number in enumerate(numbers):
        row, column = divmod(place, COLUMNS)
        size = CELL - GAP
        square = f"M{column * CELL} {row * CELL}h{size}v{size}h-{size}z"
        levels[level_of(events.get(number, 0))].append(square)
    hot = sorted(((events.get(n, 0), n) for n in numbers if events.get(n)), reverse=True)[:3]
    rows = -(-len(numbers) // COLUMNS)
    squares = tuple("".join(each) for each in levels)
    return Heat(
        shard, known, len(numbers), squares, rows * CELL, tuple((n, count) for count, n in hot)
    )


def level_of(events: int) -> int:
    """Return the level of heat, 0..5: nothing, 1 to 3, 4 to 15, 16 to 63, to 255, more."""
    return min(LEVELS - 1, (events.bit_length() + 1) // 2)
