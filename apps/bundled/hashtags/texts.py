"""Which tags a text carries. Pure functions."""

import re
from collections.abc import Iterator

from django.utils.html import format_html

from apps.posts.hooks import Mark

_TAG = re.compile(r"(?<![\w@#/.])#(\w{1,100})(?!\w)")


def tags(text: str) -> list[str]:
    """Return the tags in a text, in lower case, each once, in order."""
    return list(dict.fromkeys(match[1].lower() for match in _tags(text)))


def marks(text: str) -> list[Mark]:
    """Return the tags in a text as links to their pages."""
    return [Mark(*match.span(), _link(match[1])) for match in _tags(text)]


def _tags(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _TAG.finditer(text) if not match[1].isdecimal())


def _link(tag: str) -> str:
    return format_html('<a href="/tags/{}" class="tag">#{}</a>', tag.lower(), tag)
