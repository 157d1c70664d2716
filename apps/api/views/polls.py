"""Polls: looking at one, and voting."""

from typing import Any

from django.http import HttpRequest

from apps.accounts.errors import NotAllowed
from apps.accounts.requests import account_of, viewer_of
from apps.api import hooks, params
from apps.api.endpoints import Who, endpoint
from apps.api.entities import polls as entities
from apps.api.errors import Invalid
from apps.api.params import Params
from apps.kernel.errors import RookeryError
from apps.plugins import calls
from apps.plugins.errors import Unanswered
from apps.posts.errors import NoSuchPost, TextRefused
from apps.posts.limits import REACTING
from apps.throttling.views import throttled

# More than any poll has: the rest of a longer list is not looked at.
MOST_CHOICES = 20


@endpoint("read:statuses", who=Who.ANYBODY)
def show(request: HttpRequest, poll_id: int) -> dict[str, Any]:
    """Show a poll."""
    return entities.one(poll_id, viewer_id=viewer_of(request))


@endpoint("write:statuses")
@throttled(REACTING)
def vote(request: HttpRequest, poll_id: int) -> dict[str, Any]:
    """Vote for options of a poll, once; for none of them changes nothing."""
    account_id, said = account_of(request).pk, params.of(request)
    chosen = [_number(text) for text in said.texts("choices")[:MOST_CHOICES]]
    entities.one(poll_id, viewer_id=account_id)
    if chosen:
        try:
            calls.ask(hooks.vote_in_poll, post_id=poll_id, account_id=account_id, choices=chosen)
        except (NoSuchPost, NotAllowed, Unanswered):
            raise
        except RookeryError as error:
            raise Invalid(str(error)) from error
    return entities.one(poll_id, viewer_id=account_id)


def extras_of(said: Params) -> dict[str, Any]:
    """Return what is to be kept with a post that asks something; raises Invalid."""
    titles = said.texts("poll[options]")
    if not titles:
        return {}
    try:
        answers = calls.ask(
            hooks.poll_extras,
            titles=titles,
            seconds=_number(said.text("poll[expires_in]")),
            multiple=said.flag("poll[multiple]"),
        )
    except TextRefused as error:
        raise Invalid(str(error)) from error
    if not answers:
        raise Invalid("This site has no polls")
    return dict(answers[0])


def _number(text: str) -> int:
    """Return a number as it was sent, -1 for what is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1
