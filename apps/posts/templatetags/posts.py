"""Posts in lists, from their rendered fragments, and the composer."""

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.plugins import calls
from apps.posts import fragments, hooks
from apps.posts.cards import Listed
from apps.posts.forms import ComposeForm
from apps.posts.moulds import Mould, hole

register = template.Library()


@register.simple_tag
def listed(found: Listed | Sequence[Listed], *, in_thread: bool = False) -> list[SafeString]:
    """Return the HTML of posts, in their order; of one post, a list of one."""
    return fragments.html_of([found] if isinstance(found, Listed) else found, in_thread=in_thread)


@register.simple_tag
def conversation(found: Sequence[Listed | None]) -> list[SafeString | None]:
    """Return the HTML of posts that answer each other, None for one that is not to be seen."""
    there = [one for one in found if one is not None]
    shown = fragments.by_id(there, in_thread=True)
    return [shown.get(one.id) if one is not None else None for one in found]


@register.simple_tag(takes_context=True)
def composer(context: Context, label: str = "", button: str = "") -> SafeString:
    """Return the form that posts are written in: `compose_form`, by its label and button."""
    form: ComposeForm = context["compose_form"]
    token = str(context.get("csrf_token", ""))
    words = (str(label or _("Write a post")), str(button or _("Post")))
    if not form.is_blank:
        return _composer(form, token, words, _parts(form))
    audience = form["audience"].value()
    mould = _blank(get_language(), words, audience, tuple(_parts(form)))
    answers = form["in_reply_to"].value() or ""
    return mould.filled(
        token=escape(token), key=escape(form["key"].value()), in_reply_to=escape(answers)
    )


@lru_cache
def _blank(
    language: str | None, words: tuple[str, str], audience: object, parts: tuple[str, ...]
) -> Mould:
    """Return the form with nothing written: the same for all who read a language."""
    blank = {"key": hole("key"), "in_reply_to": hole("in_reply_to"), "audience": audience}
    return Mould(_composer(ComposeForm(initial=blank), hole("token"), words, parts))


def _composer(
    form: ComposeForm, token: str, words: tuple[str, str], parts: Sequence[str]
) -> SafeString:
    context = {"compose_form": form, "csrf_token": token, "parts": parts}
    label, button = words
    return render_to_string("posts/_compose.html", {**context, "label": label, "button": button})


def _parts(form: ComposeForm) -> list[str]:
    """Return what plugins add to the composer; what was sent is in it where the form comes back."""
    given = form.data if form.is_bound else form.parts
    fields = {name: str(value) for name, value in given.items()}
    return [part for part in calls.gather(hooks.compose_part, fields=fields) if part]
