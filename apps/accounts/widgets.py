"""Form fields of our own."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

OPTION = '<option value="{}">{}</option>'
CHOSEN = '<option value="{}" selected>{}</option>'


class LongSelect(forms.Select):
    """A choice among hundreds: Django's own renders a template for each of them."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the HTML."""
        own = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        options = format_html_join(
            "",
            "{}",
            (
                (format_html(CHOSEN if key == value else OPTION, key, text),)
                for key, text in self.choices
            ),
        )
        return format_html("<select{}>{}</select>", own, options)
