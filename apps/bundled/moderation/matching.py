"""Finding unwanted words in texts: no I/O, and bounded in time.

Words and phrases are looked for in the text as people read it: without regard to case, width
(full-width letters) and characters that cannot be seen. A regular expression sees the text as it
was written.
"""

import time
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import regex

# One expression may take so long for one text, and all of them together.
SECONDS = 0.05
MOST_SECONDS = 0.5
KEPT = 2000


class Wanted(NamedTuple):
    """A rule as it is looked for."""

    kind: str
    pattern: str
    treatment: str
    reason: str


class TooLong(Exception):
    """A text could not be searched in time; `rule` is the one that was at it."""

    def __init__(self, rule: Wanted) -> None:
        super().__init__(f"{rule.pattern} takes too long. Write it without nested repetition.")
        self.rule = rule


def first(rules: Sequence[Wanted], text: str) -> Wanted | None:
    """Return the first rule that finds something, None where none does; raises TooLong."""
    plain = readable(text)
    until = time.monotonic() + MOST_SECONDS
    for rule in rules:
        subject = text if rule.kind == "regex" else plain
        # A bound of nothing would be none at all.
        seconds = max(min(SECONDS, until - time.monotonic()), 0.001)
        try:
            if compiled(rule.kind, rule.pattern).search(subject, timeout=seconds):
                return rule
        except TimeoutError:
            raise TooLong(rule) from None
    return None


def readable(text: str) -> str:
    """Return a text as it is compared: folded, with invisible characters taken out."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")


@lru_cache(KEPT)
def compiled(kind: str, pattern: str) -> "regex.Pattern[str]":
    """Return what searches for a pattern; raises ValueError with what is wrong with it."""
    if kind != "regex":
        words = [regex.escape(word) for word in readable(pattern).split()]
        if not words or (kind == "word" and len(words) > 1):
            raise ValueError("Give one word; for several choose “words in this order”.")
        return regex.compile(r"(?<!\w)" + r"\W+".join(words) + r"(?!\w)")
    try:
        found = regex.compile(pattern, regex.IGNORECASE | regex.VERSION1)
        empty = found.search("", timeout=SECONDS)
    except (regex.error, TimeoutError) as error:
        raise ValueError(f"This is no regular expression: {error}.") from error
    if empty:
        raise ValueError("This finds something in every text. Say what has to be there.")
    return found
