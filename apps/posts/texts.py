"""What a text may be, and how it is shown. Pure functions."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import regex
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from linkify_it import LinkifyIt

from apps.posts.errors import TextRefused

MOST_CHARACTERS = 500
# A character may be many code points (a family emoji has seven), but not without end.
MOST_CODE_POINTS = 5000
SHOWN_URL = 40

_GRAPHEME = regex.compile(r"\X")
_MENTION_OR_TAG = re.compile(
    r"(?<![\w@#/.])(?:@(?P<mention>[A-Za-z0-9_]{1,30})(?![\w@])|#(?P<tag>\w{1,100})(?!\w))"
)


def clean(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return a text as it is stored; raises TextRefused for an empty or too long one.

    `most` counts characters as people do. Texts from elsewhere may be longer than our own.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    text = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    if not text:
        raise TextRefused("A post needs a few words.")
    count = length(text)
    if count > most or len(text) > MOST_CODE_POINTS:
        raise TextRefused(f"A post has at most {most} characters; this one has {count}.")
    return text


def length(text: str) -> int:
    """Return the number of characters as people count them (grapheme clusters)."""
    return sum(1 for _ in _GRAPHEME.finditer(text))


def tags(text: str) -> list[str]:
    """Return the tags in a text, in lower case, each once, in order."""
    found = (match["tag"] for match in _marks(text) if match["tag"])
    return list(dict.fromkeys(tag.lower() for tag in found if not tag.isdecimal()))


def to_html(text: str) -> SafeString:
    """Return a text as HTML: escaped, with links, @mentions and #tags as links."""
    parts: list[SafeString] = []
    end = 0
    for url in _links(text):
        parts.append(_marks_to_html(text[end : url.index]))
        parts.append(_link(url.url, url.raw))
        end = url.last_index
    parts.append(_marks_to_html(text[end:]))
    return format_html_join("", "{}", ((part,) for part in parts))


@cache
def _linkify() -> LinkifyIt:
    return LinkifyIt(options={"fuzzy_email": False, "fuzzy_ip": False, "fuzzy_link": False})


def _links(text: str) -> list[Any]:
    found = _linkify().match(text) or []
    return [m for m in found if urlsplit(m.url).scheme in ("http", "https")]


def _link(url: str, raw: str) -> SafeString:
    shown = re.sub(r"^https?://(www\.)?", "", raw)
    shown = shown if len(shown) <= SHOWN_URL else shown[: SHOWN_URL - 1] + "…"
    return format_html('<a href="{}" rel="nofollow noopener ugc">{}</a>', url, shown)


def _marks(text: str) -> Iterator[re.Match[str]]:
    return _MENTION_OR_TAG.finditer(text)


def _marks_to_html(text: str) -> SafeString:
    parts: list[SafeString] = []
    end = 0
    for match in _marks(text):
        parts.append(_plain(text[end : match.start()]))
        parts.append(_mark(match))
        end = match.end()
    parts.append(_plain(text[end:]))
    return format_html_join("", "{}", ((part,) for part in parts))


def _mark(match: re.Match[str]) -> SafeString:
    if match["mention"]:
        return format_html('<a href="/@{0}" class="mention">@{0}</a>', match["mention"])
    if match["tag"].isdecimal():
        return _plain(match[0])
    return format_html('<a href="/tags/{}" class="tag">#{}</a>', match["tag"].lower(), match["tag"])


def _plain(text: str) -> SafeString:
    lines = text.split("\n")
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines))
