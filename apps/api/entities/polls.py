"""Polls, which have the ids of their posts."""

from collections.abc import Sequence
from typing import Any

from apps.api import hooks
from apps.api.entities import shapes
from apps.api.errors import NotFound
from apps.api.hooks import Poll, PollLimits
from apps.plugins import calls
from apps.posts import cards
from apps.posts.cards import Listed


def many(found: Sequence[Listed], viewer_id: int | None) -> dict[int, dict[str, Any]]:
    """Return the polls of posts by id; nobody is asked where no post can have one."""
    posts = [one for one in found if one.stored.extras]
    answers = calls.gather(hooks.polls_of, posts=posts, viewer_id=viewer_id) if posts else []
    return {poll.post_id: _entity(poll, viewer_id) for answer in answers for poll in answer}


def one(post_id: int, *, viewer_id: int | None) -> dict[str, Any]:
    """Return the poll of a post that the viewer may see; raises NotFound."""
    found = cards.listed([post_id], viewer_id=viewer_id, asked=True)
    poll = many(found, viewer_id).get(post_id)
    if poll is None:
        raise NotFound
    return poll


def limits() -> dict[str, int]:
    """Return what a poll may be; where there are none, nothing."""
    answers = calls.gather(hooks.poll_limits)
    found = answers[0] if answers else PollLimits()
    return {
        "max_options": found.options,
        "max_characters_per_option": found.characters,
        "min_expiration": found.shortest_seconds,
        "max_expiration": found.longest_seconds,
    }


def _entity(poll: Poll, viewer_id: int | None) -> dict[str, Any]:
    found = {
        "id": str(poll.post_id),
        "expires_at": shapes.stamp(poll.ends_at),
        "expired": poll.is_over,
        "multiple": poll.multiple,
        "votes_count": sum(votes for _, votes in poll.options),
        "voters_count": poll.voters,
        "options": [{"title": title, "votes_count": votes} for title, votes in poll.options],
        "emojis": [],
    }
    mine = {"voted": poll.has_voted, "own_votes": list(poll.own)}
    return found | (mine if viewer_id is not None else {})
