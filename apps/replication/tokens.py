"""A token: the marks that one reader must not read behind.

A mark is how far a server is: its timeline, which grows with each promotion, and its position, a
WAL location as an integer (bytes), `pg_lsn - '0/0'`. A token maps the primary alias of a group to
one. It only moves forward, and it does not expire: lag has no bound.
"""

from collections.abc import Mapping
from typing import NamedTuple

from django.core import signing

SALT = "replication.token"


class Mark(NamedTuple):
    """How far a server is; timeline 0 where it is not known."""

    timeline: int
    position: int

    def covers(self, needed: "Mark") -> bool:
        """Tell whether a server that is here has all that `needed` stands for.

        A replica may follow a new timeline while it still replays the old one, so a later
        timeline alone proves nothing.
        """
        return self.timeline >= needed.timeline and self.position >= needed.position

    def joined(self, other: "Mark") -> "Mark":
        """Return the least mark that covers both."""
        return Mark(max(self.timeline, other.timeline), max(self.position, other.position))


START = Mark(0, 0)
Token = dict[str, Mark]


def advance(token: Token, group: str, mark: Mark, *, is_primary: bool = False) -> None:
    """Move `token` forward to `mark` on `group`; never back.

    A primary on a later timeline has all that is left of the earlier ones. What was lost with the
    server before it must not be waited for, so its mark takes the place of the old one.
    """
    known = token.get(group, START)
    token[group] = mark if is_primary and mark.timeline > known.timeline else known.joined(mark)


def merge(token: Token, other: Mapping[str, Mark]) -> None:
    """Move `token` forward to all of `other`."""
    for group, mark in other.items():
        advance(token, group, mark)


def encode(token: Mapping[str, Mark]) -> str:
    """Return the token as signed text for a cookie or a header."""
    parts = (f"{name}-{mark.timeline:x}-{mark.position:x}" for name, mark in sorted(token.items()))
    return signing.Signer(salt=SALT).sign(".".join(parts))


def decode(text: str | None) -> Token:
    """Return the token in signed text; an empty one where the text is missing or forged."""
    try:
        plain = signing.Signer(salt=SALT).unsign(text or "")
        return dict(_pair(part) for part in plain.split(".") if part)
    except (signing.BadSignature, ValueError):
        return {}


def _pair(part: str) -> tuple[str, Mark]:
    # Tokens of earlier versions have no timeline.
    group, *numbers = part.split("-")
    timeline, position = ["0", *numbers][-2:]
    return group, Mark(int(timeline, 16), int(position, 16))
