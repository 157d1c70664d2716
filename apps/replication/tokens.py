"""A token: the positions that one reader must not read behind.

A position is how far a server is: its timeline, which grows with each promotion, and its LSN, a
WAL location as an integer (bytes), `pg_lsn - '0/0'`. A token maps the primary alias of a group to
one. It only moves forward, and it does not expire: lag has no bound.
"""

from collections.abc import Mapping
from typing import NamedTuple

from django.core import signing

SALT = "replication.token"


class Position(NamedTuple):
    """How far a server is; timeline 0 where it is not known."""

    timeline: int
    lsn: int

    def covers(self, needed: "Position") -> bool:
        """Tell whether a server that is here has all that `needed` stands for.

        A replica may follow a new timeline while it still replays the old one, so a later
        timeline alone proves nothing.
        """
        return self.timeline >= needed.timeline and self.lsn >= needed.lsn

    def joined(self, other: "Position") -> "Position":
        """Return the least position that covers both."""
        return Position(max(self.timeline, other.timeline), max(self.lsn, other.lsn))


START = Position(0, 0)
# Further than any server: whoever holds it reads from the primary, whose answer takes its place.
UNSURE = Position(0, 2**63 - 1)
Token = dict[str, Position]


def advance(token: Token, group: str, position: Position, *, is_primary: bool = False) -> None:
    """Move `token` forward to `position` on `group`; never back.

    A primary on a later timeline has all that is left of the earlier ones. What was lost with the
    server before it must not be waited for, so its position takes the place of the old one.
    """
    known = token.get(group, START)
    if is_primary and known.lsn == UNSURE.lsn:
        known = Position(known.timeline, 0)
    is_promoted = is_primary and position.timeline > known.timeline
    token[group] = position if is_promoted else known.joined(position)


def doubt(token: Token, group: str) -> None:
    """Note that something was committed on `group`, nobody knows where: the primary is asked."""
    token[group] = token.get(group, START).joined(UNSURE)


def sure(token: Mapping[str, Position]) -> Token:
    """Return what of a token is known for certain: without the groups where it is in doubt."""
    return {group: at for group, at in token.items() if at.lsn != UNSURE.lsn}


def merge(token: Token, other: Mapping[str, Position]) -> None:
    """Move `token` forward to all of `other`."""
    for group, position in other.items():
        advance(token, group, position)


def encode(token: Mapping[str, Position]) -> str:
    """Return the token as signed text for a cookie or a header."""
    parts = (f"{name}-{at.timeline:x}-{at.lsn:x}" for name, at in sorted(token.items()))
    return signing.Signer(salt=SALT).sign(".".join(parts))


def decode(text: str | None) -> Token:
    """Return the token in signed text; an empty one where the text is missing or forged."""
    try:
        plain = signing.Signer(salt=SALT).unsign(text or "")
        return dict(_pair(part) for part in plain.split(".") if part)
    except (signing.BadSignature, ValueError):
        return {}


def _pair(part: str) -> tuple[str, Position]:
    # Tokens of earlier versions have no timeline.
    group, *numbers = part.split("-")
    timeline, lsn = ["0", *numbers][-2:]
    return group, Position(int(timeline, 16), int(lsn, 16))
