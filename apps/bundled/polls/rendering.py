"""The HTML of polls."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.translation import get_language

from apps.bundled.polls import cards
from apps.bundled.polls.forms import PollForm
from apps.posts.cards import Listed


def below(posts: Sequence[Listed], viewer_id: int | None) -> dict[int, str]:
    """Return what is shown below those posts that have a poll, by id."""
    found, warned = cards.cards(posts, viewer_id), {post.id for post in posts if post.warning}
    return {
        pk: render_to_string("polls/_poll.html", {"poll": card, "warned": pk in warned})
        for pk, card in found.items()
    }


def composer(fields: Mapping[str, str]) -> str:
    """Return the part of the composer, with what was said where the form comes back."""
    return _composer(fields) if fields else _blank(get_language())


@lru_cache
def _blank(language: str | None) -> str:
    """Return the part where nothing is said yet: the same for all who read a language."""
    return _composer({})


def _composer(fields: Mapping[str, str]) -> str:
    return render_to_string("polls/_compose.html", {"form": PollForm(fields)})
