"""A token: the positions that one reader must not read behind.

A position is a WAL location as an integer (bytes), `pg_lsn - '0/0'`. A token maps the primary
alias of a group to one. It only moves forward, and it does not expire: lag has no bound.
"""

from collections.abc import Mapping

from django.core import signing

Token = dict[str, int]
SALT = "replication.token"


def advance(token: Token, group: str, position: int) -> None:
    """Move `token` forward to `position` on `group`; never back."""
    if position > token.get(group, 0):
        token[group] = position


def encode(token: Mapping[str, int]) -> str:
    """Return the token as signed text for a cookie or a header."""
    text = ".".join(f"{group}-{position:x}" for group, position in sorted(token.items()))
    return signing.Signer(salt=SALT).sign(text)


def decode(text: str | None) -> Token:
    """Return the token in signed text; an empty one where the text is missing or forged."""
    try:
        plain = signing.Signer(salt=SALT).unsign(text or "")
        pairs = (part.split("-") for part in plain.split(".") if part)
        return {group: int(position, 16) for group, position in pairs}
    except (signing.BadSignature, ValueError):
        return {}
