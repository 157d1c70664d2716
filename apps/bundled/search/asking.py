"""What somebody who searches asks for. Pure functions."""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.bundled.search.errors import BadSearch

MOST_CHARACTERS = 200
MOST_TERMS = 12

_TERM = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_TAG = re.compile(r"(?<![\w@#/.])#(\w{1,100})")
_FROM = re.compile(r"from:@?(\w{1,30})\Z", re.ASCII)
_LETTER = re.compile(r"[^\W_]")


class Asked(NamedTuple):
    """A search. What is `exact`, phrases and tags, is found as it is written."""

    words: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    not_exact: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    not_authors: tuple[str, ...] = ()


def parse(text: str) -> Asked:
    """Return what a text asks for; raises BadSearch, which says how to ask."""
    text = normal(text)
    if len(text) > MOST_CHARACTERS:
        raise BadSearch(_("A search has at most %(most)d characters.") % {"most": MOST_CHARACTERS})
    found: dict[str, dict[str, None]] = {kind: {} for kind in Asked._fields}
    for match in _TERM.finditer(text):
        kind, term = _kind(match)
        if _LETTER.search(term):
            found[kind][term] = None
    if sum(map(len, found.values())) > MOST_TERMS:
        raise BadSearch(_("A search has at most %(most)d words.") % {"most": MOST_TERMS})
    asked = Asked(*map(tuple, found.values()))
    if not (asked.words or asked.exact or asked.authors):
        raise BadSearch(_("Write a word to look for: there is none, or only what is left out."))
    if len(asked.authors) > 1:
        raise BadSearch(_("A post has one author: write from:name once."))
    return asked


def tags(text: str) -> list[str]:
    """Return the tags in a text, with their #, each once."""
    return list(dict.fromkeys(f"#{tag}" for tag in _TAG.findall(normal(text))))


def normal(text: str) -> str:
    """Return a text in lower case, whatever the database's locale knows, without controls."""
    return "".join(c if c.isprintable() else " " for c in text.lower())


def _kind(match: re.Match[str]) -> tuple[str, str]:
    """Return the field of Asked that a term belongs to, and the term."""
    no = "not_" if match["no"] else ""
    if match["phrase"] is not None:
        return f"{no}exact", match["phrase"]
    if _TAG.fullmatch(match["word"]):
        return f"{no}exact", match["word"]
    if author := _FROM.match(match["word"]):
        return f"{no}authors", author[1]
    return f"{no}words", match["word"]
