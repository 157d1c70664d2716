"""Posts in lists, from their rendered fragments."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from apps.plugins import calls
from apps.posts import fragments, hooks
from apps.posts.cards import Listed
from apps.posts.forms import ComposeForm

register = template.Library()


@register.simple_tag
def listed(found: Listed | Sequence[Listed], *, in_thread: bool = False) -> list[SafeString]:
    """Return the HTML of posts, in their order; of one post, a list of one."""
    return fragments.html_of([found] if isinstance(found, Listed) else found, in_thread=in_thread)


@register.simple_tag
def compose_parts(form: ComposeForm) -> list[str]:
    """Return what plugins add to the composer; what was sent is in it where the form comes back."""
    given = form.data if form.is_bound else form.parts
    fields = {name: str(value) for name, value in given.items()}
    return [part for part in calls.gather(hooks.compose_part, fields=fields) if part]
