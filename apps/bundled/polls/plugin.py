"""Polls in posts: two to four options, and until when one may vote for one or several."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import URLPattern, URLResolver, include, path

from apps.api.hooks import Poll, PollLimits
from apps.bundled.polls import archives, cards, questions, rendering, services
from apps.bundled.polls.forms import PollForm
from apps.plugins.markers import hookimpl
from apps.posts.cards import Listed


@hookimpl
def urls() -> list[URLPattern | URLResolver]:
    """Where one votes."""
    return [path("", include("apps.bundled.polls.urls"))]


@hookimpl(keepable=True)
def compose_part(fields: Mapping[str, str]) -> str:
    """Where one asks."""
    return rendering.composer(fields)


@hookimpl
def extras_in(fields: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What the composer asks, if it does."""
    asked = PollForm(fields).question()
    return questions.to_extras(asked) if asked else None


@hookimpl
def keep_with_post(post_id: int, extras: Mapping[str, Any]) -> None:
    """The poll, in the transaction of its post."""
    asked = questions.from_extras(extras)
    if asked is not None:
        services.make(post_id=post_id, asked=asked)


@hookimpl(order=-20, keepable=True)
def post_footers(posts: Sequence[Listed], viewer_id: int | None) -> Mapping[int, str]:
    """The polls of those posts that have one."""
    return rendering.below(posts, viewer_id)


@hookimpl
def archived(post_ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
    """What an archive says of polls."""
    return archives.parts(post_ids)


@hookimpl
def poll_limits() -> PollLimits:
    """What a poll may be, for apps."""
    shortest, longest = questions.SHORTEST_SECONDS, questions.LONGEST_SECONDS
    return PollLimits(questions.MOST, questions.LONGEST, shortest, longest)


@hookimpl
def poll_extras(titles: Sequence[str], seconds: int, multiple: bool) -> Mapping[str, Any]:
    """What an app asks."""
    return questions.to_extras(questions.question(titles, seconds, multiple=multiple))


@hookimpl
def polls_of(posts: Sequence[Listed], viewer_id: int | None) -> Sequence[Poll]:
    """The polls of posts, for apps."""
    return [
        Poll(
            post_id=card.id,
            ends_at=card.asked.ends_at,
            is_over=card.is_over,
            multiple=card.asked.multiple,
            options=[(option.title, option.votes) for option in card.options],
            voters=card.voters,
            # Who asks is shown what came of it, as one who has voted.
            has_voted=card.mine or bool(card.choices),
            own=[option.number for option in card.options if option.chosen],
        )
        for card in cards.cards(posts, viewer_id).values()
    ]


@hookimpl
def vote_in_poll(post_id: int, account_id: int, choices: Sequence[int]) -> bool:
    """Votes, from apps."""
    services.vote(post_id=post_id, account_id=account_id, choices=choices)
    return True
