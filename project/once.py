"""`{% once %}…{% endonce %}`: what is the same on every page, rendered once for each language."""

from django import template
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


class Once(Node):
    """Addresses, icons and translations, but nothing that the page or its reader gives."""

    # Blocks are not looked for here: none could be another one on another page.
    child_nodelists = ()

    def __init__(self, nodelist: NodeList) -> None:
        self._nodelist = nodelist
        self._found: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        """Return what was rendered for the language of now."""
        language = get_language()
        found = self._found.get(language)
        if found is None:
            # Without what the page knows: what depends on that would be empty on all of them.
            bare = Context()
            bare.template = context.template
            found = self._found[language] = self._nodelist.render(bare)
        return found


@register.tag
def once(parser: Parser, token: Token) -> Once:
    """Render the block once for each language."""
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return Once(nodelist)
