"""What a text may be, and how it is shown. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import regex
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from linkify_it import LinkifyIt

from apps.posts.errors import TextRefused
from apps.posts.hooks import Mark

MOST_CHARACTERS = 500
# A character may be many code points (a family emoji has seven), but not without end.
MOST_CODE_POINTS = 5000
SHOWN_URL = 40

_NAME = re.compile(r"(?<![\w@/.])@(\w{1,30})(?![\w@])", re.ASCII)
# Without them a text names nobody, has no tags, and links to nothing.
SIGNS = "@#/"
_GRAPHEME = regex.compile(r"\X")


def clean(text: str, most: int = MOST_CHARACTERS, *, may_be_empty: bool = False) -> str:
    """Return a text as it is stored; raises TextRefused for an empty or too long one.

    `most` counts characters as people do. Texts from elsewhere may be longer than our own.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    text = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    if not text and not may_be_empty:
        raise TextRefused(_("A post needs a few words."))
    count = length(text)
    if count > most or len(text) > MOST_CODE_POINTS:
        raise TextRefused(
            _("A post has at most %(most)d characters; this one has %(count)d.")
            % {"most": most, "count": count}
        )
    return text


def clean_warning(warning: str, text: str) -> str:
    """Return what is said before a text; raises TextRefused where both are too long together."""
    warning = " ".join(clean(warning, may_be_empty=True).split())
    clean(f"{warning}{text}", may_be_empty=True)
    return warning


def length(text: str) -> int:
    """Return the number of characters as people count them (grapheme clusters)."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def to_html(text: str, marks: Iterable[Mark] = ()) -> SafeString:
    """Return a text as HTML: escaped, with links, and with what is marked in it."""
    parts: list[SafeString] = []
    end = 0
    for mark in _apart([*_links(text), *sorted(marks)], len(text)):
        parts += (_plain(text[end : mark.start]), SafeString(mark.html))
        end = mark.end
    parts.append(_plain(text[end:]))
    return format_html_join("", "{}", ((part,) for part in parts))


def names(text: str) -> list[str]:
    """Return the usernames that a text addresses with an @, in lower case, each once, in order."""
    return list(dict.fromkeys(name.lower() for name in _NAME.findall(text)))


def signs(text: str) -> str:
    """Return those of SIGNS that a text has."""
    return "".join(sign for sign in SIGNS if sign in text)


def links(text: str) -> list[str]:
    """Return the addresses that a text links to, in order."""
    return [match.url for match in _addresses(text)]


@cache
def _linkify() -> LinkifyIt:
    return LinkifyIt(options={"fuzzy_email": False, "fuzzy_ip": False, "fuzzy_link": False})


def _links(text: str) -> list[Mark]:
    return [Mark(m.index, m.last_index, _link(m.url, m.raw)) for m in _addresses(text)]


def _addresses(text: str) -> list[Any]:
    found = _linkify().match(text) or [] if "://" in text else []
    return [match for match in found if urlsplit(match.url).scheme in ("http", "https")]


def _apart(marks: Iterable[Mark], length: int) -> list[Mark]:
    """Return marks from left to right, without those that lie over an earlier one of the list."""
    kept: list[Mark] = []
    for mark in marks:
        free = all(mark.end <= other.start or other.end <= mark.start for other in kept)
        if 0 <= mark.start < mark.end <= length and free:
            kept.append(mark)
    return sorted(kept)


def _link(url: str, raw: str) -> SafeString:
    shown = re.sub(r"^https?://(www\.)?", "", raw)
    shown = shown if len(shown) <= SHOWN_URL else shown[: SHOWN_URL - 1] + "…"
    return format_html('<a href="{}" rel="nofollow noopener ugc">{}</a>', url, shown)


def _plain(text: str) -> SafeString:
    lines = text.split("\n")
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines))
