"""A feed as Atom (RFC 4287) and as JSON Feed 1.1. Pure functions."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

ATOM = "http://www.w3.org/2005/Atom"
# What no XML document may hold, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RELATIVE = re.compile(r'(\s(?:href|src)=")/(?!/)')

ET.register_namespace("", ATOM)


@dataclass(frozen=True)
class Entry:
    """One post. Addresses are absolute; `id` stays the same for ever."""

    id: str
    url: str
    title: str
    html: str
    at: datetime
    author: str
    author_url: str


@dataclass(frozen=True)
class Feed:
    """A list of posts. Addresses are absolute; `at` is when its newest entry was written."""

    title: str
    url: str
    atom_url: str
    json_url: str
    at: datetime
    entries: tuple[Entry, ...]


def absolute(html: str, site: str) -> str:
    """Return HTML whose addresses on this site name the site."""
    return _RELATIVE.sub(rf"\g<1>{site}/", html)


def atom(feed: Feed) -> bytes:
    """Return a feed as Atom."""
    root = ET.Element(_name("feed"))
    _text(root, "id", feed.atom_url)
    _text(root, "title", feed.title)
    _text(root, "updated", feed.at.isoformat())
    ET.SubElement(root, _name("link"), rel="alternate", type="text/html", href=feed.url)
    _link(root, "self", "application/atom+xml", feed.atom_url)
    for entry in feed.entries:
        _entry(root, entry)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def json_feed(feed: Feed) -> bytes:
    """Return a feed as JSON Feed."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.url,
        "feed_url": feed.json_url,
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _entry(root: ET.Element, entry: Entry) -> None:
    node = ET.SubElement(root, _name("entry"))
    _text(node, "id", entry.id)
    _text(node, "title", entry.title)
    _text(node, "updated", entry.at.isoformat())
    _text(node, "published", entry.at.isoformat())
    _link(node, "alternate", "text/html", entry.url)
    author = ET.SubElement(node, _name("author"))
    _text(author, "name", entry.author)
    _text(author, "uri", entry.author_url)
    _text(node, "content", entry.html).set("type", "html")


def _item(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "date_published": entry.at.isoformat(),
        "authors": [{"name": entry.author, "url": entry.author_url}],
    }


def _name(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    node = ET.SubElement(parent, _name(tag))
    node.text = _FORBIDDEN.sub("", text)
    return node


def _link(parent: ET.Element, rel: str, kind: str, href: str) -> None:
    ET.SubElement(parent, _name("link"), rel=rel, type=kind, href=href)
