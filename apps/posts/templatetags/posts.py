"""Posts in lists, from their rendered fragments."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from apps.posts import fragments
from apps.posts.cards import Listed

register = template.Library()


@register.simple_tag
def listed(found: Listed | Sequence[Listed], *, in_thread: bool = False) -> list[SafeString]:
    """Return the HTML of posts, in their order; of one post, a list of one."""
    return fragments.html_of([found] if isinstance(found, Listed) else found, in_thread=in_thread)
