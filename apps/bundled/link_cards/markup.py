"""What a page says of itself, for whoever links to it (Open Graph). Pure functions.

Only the tags that matter are read, each by itself. Parsers that build a tree need minutes for a
page of a million open tags (0.5 s for 64 kB, four times that for twice), and nothing can end them.
"""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

MOST_TITLE, MOST_DESCRIPTION, MOST_URL = 200, 300, 1000
# So many tags of so many characters are looked at.
TAGS, TAG = 200, 4000

TITLES = ("og:title", "twitter:title")
DESCRIPTIONS = ("og:description", "twitter:description", "description")
IMAGES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image")

_META = re.compile(r"<meta[\s/]", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,2000})", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,40})", re.IGNORECASE)


class About(NamedTuple):
    """What a page says of itself; what it does not say is empty."""

    title: str
    description: str
    image: str


def read(body: bytes, charset: str | None, url: str) -> About:
    """Return what the page at `url` says of itself."""
    text = _decoded(body, charset)
    said = dict(reversed(list(_metas(text))))
    title = _first(said, TITLES)
    if not title and (found := _TITLE.search(text)):
        title = html.unescape(found[1])
    return About(
        _line(title, MOST_TITLE),
        _line(_first(said, DESCRIPTIONS), MOST_DESCRIPTION),
        _image(_first(said, IMAGES), url),
    )


def _decoded(body: bytes, charset: str | None) -> str:
    declared = _CHARSET.search(body[:4096])
    name = charset or (declared[1].decode() if declared else "utf-8")
    try:
        return body.decode(name, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _metas(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and content of meta tags, in order."""
    for number, match in enumerate(_META.finditer(text)):
        if number == TAGS:
            return
        tag = _Tag()
        tag.feed(text[match.start() : match.start() + TAG])
        name = tag.said.get("property") or tag.said.get("name")
        content = tag.said.get("content")
        if name and content:
            yield name.strip().lower(), content


class _Tag(HTMLParser):
    """Reads the first tag."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str | None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes of the first; what comes behind it is read on its own turn."""
        self.said = self.said or dict(reversed(attrs))


def _first(said: dict[str, str], names: tuple[str, ...]) -> str:
    return next((said[name] for name in names if said.get(name, "").strip()), "")


def _line(text: str, most: int) -> str:
    """Return a text as one line without controls, no longer than `most`."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _image(address: str, url: str) -> str:
    """Return the address of an image that a page over https may show, else nothing."""
    try:
        found = urljoin(url, address.strip()) if address.strip() else ""
        fine = urlsplit(found).scheme == "https" and bool(urlsplit(found).hostname)
    except ValueError:
        return ""
    return found if fine and len(found) <= MOST_URL and found.isprintable() else ""
