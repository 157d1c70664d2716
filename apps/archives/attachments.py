"""What the posts of an archive say of their pictures."""

from collections.abc import Mapping
from typing import Any, NamedTuple

MIDDLE = (0.0, 0.0)


class Attached(NamedTuple):
    """A picture as an archive tells of it; `path` is where its file is, inside the archive."""

    path: str
    alt: str = ""
    # What must stay in sight, from -1 to 1 across and up.
    focus: tuple[float, float] = MIDDLE


def attached_to(note: Mapping[str, Any]) -> tuple[Attached, ...]:
    """Return the pictures that a post of an archive names; other files are left out."""
    found = note.get("attachment")
    parts = found if isinstance(found, list) else [found]
    kept = (_attached(part) for part in parts if isinstance(part, Mapping))
    return tuple(part for part in kept if part is not None)


def _attached(part: Mapping[str, Any]) -> Attached | None:
    path, kind, alt = part.get("url"), part.get("mediaType"), part.get("name")
    if not isinstance(path, str) or not isinstance(kind, str) or not kind.startswith("image/"):
        return None
    said = alt.replace("\0", "") if isinstance(alt, str) else ""
    return Attached(path, said.encode("utf-8", "replace").decode(), _focus(part.get("focalPoint")))


def _focus(value: Any) -> tuple[float, float]:
    try:
        x, y = (float(number) for number in value)
    except (TypeError, ValueError, OverflowError):
        return MIDDLE
    return (x, y) if abs(x) <= 1 and abs(y) <= 1 else MIDDLE
