"""HTML that is rendered once, with holes in it that are filled for each reader."""

import re
from collections.abc import Mapping

from django.utils.safestring import SafeString, mark_safe

# PostgreSQL stores no such character, so no text contains it.
MARK = "\x00"
# Addresses are made of numbers: this one stands for a post's id.
ITSELF = 7_777_777_777_777_777_771
_HOLES = re.compile(f"{MARK}([a-z_]+){MARK}")


def hole(name: str) -> SafeString:
    """Return what a template shows in place of a value that is filled in later."""
    return mark_safe(f"{MARK}{name}{MARK}")  # noqa: S308  (no text of anybody's)


def numbered(html: str, names: Mapping[int, str]) -> "Mould":
    """Return the mould of a template's output that has numbers in place of holes."""
    for number, name in names.items():
        html = html.replace(str(number), hole(name))
    return Mould(html)


class Mould:
    """A template's output around its holes."""

    def __init__(self, html: str) -> None:
        # Of a pattern with one group: text, name, text, name, text.
        pieces = _HOLES.split(html)
        self._texts, self._names = pieces[::2], pieces[1::2]

    def filled(self, **html: str) -> SafeString:
        """Return the HTML with what is given in its holes: HTML as well, escaped by the caller."""
        parts = [self._texts[0]]
        for name, text in zip(self._names, self._texts[1:], strict=True):
            parts += (html[name], text)
        return mark_safe("".join(parts))  # noqa: S308  (of our own templates)
