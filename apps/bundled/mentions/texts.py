"""Who is mentioned in a text. Pure functions."""

import re

from django.utils.html import format_html

from apps.posts.hooks import Mark

# Nobody tells half a town with one post.
MOST = 10

_MENTION = re.compile(r"(?<![\w@#/.])@([A-Za-z0-9_]{1,30})(?![\w@])")


def names(text: str) -> list[str]:
    """Return the usernames in a text, in lower case, each once, in order, MOST of them."""
    found = (match[1].lower() for match in _MENTION.finditer(text))
    return list(dict.fromkeys(found))[:MOST]


def marks(text: str) -> list[Mark]:
    """Return the mentions in a text as links to profiles."""
    link = '<a href="/@{0}" class="mention">@{0}</a>'
    return [Mark(*m.span(), format_html(link, m[1])) for m in _MENTION.finditer(text)]
