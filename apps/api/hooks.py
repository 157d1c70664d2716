"""Where plugins take part in the API. What no plugin answers, the site does not have."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from apps.kernel.cursors import Page
from apps.kernel.errors import RookeryError
from apps.plugins.markers import hookspec
from apps.posts.cards import Listed
from apps.posts.errors import TextRefused
from apps.posts.hooks import extras


class Marked(NamedTuple):
    """What a text names: tags in lower case, and usernames."""

    tags: Sequence[str] = ()
    names: Sequence[str] = ()


class Bonds(NamedTuple):
    """Whom an account mutes and blocks, and who blocks it."""

    mutes: Collection[int] = ()
    blocks: Collection[int] = ()
    blocked_by: Collection[int] = ()


class Trend(NamedTuple):
    """A tag, and how many posts of the last day carry it."""

    tag: str
    posts: int


class Poll(NamedTuple):
    """The poll of a post: options with their votes, and what the viewer has chosen of them.

    `has_voted` is true also of who asks: he is shown what came of it.
    """

    post_id: int
    ends_at: datetime
    is_over: bool
    multiple: bool
    options: Sequence[tuple[str, int]]
    voters: int
    has_voted: bool = False
    own: Sequence[int] = ()


class PollLimits(NamedTuple):
    """How many options a poll may have, of how many characters, and for how long it may be open."""

    options: int = 0
    characters: int = 0
    shortest_seconds: int = 0
    longest_seconds: int = 0


def marked(answer: Any) -> Marked:
    """Take what a text names."""
    return Marked(*(tuple(found) for found in answer))


def page(answer: Any) -> Page[Listed]:
    """Take a page of posts."""
    if not isinstance(answer, Page):
        raise TypeError(f"expected a Page, got {type(answer).__name__}")
    return answer


def trends(answer: Any) -> list[Trend]:
    """Take tags with counts."""
    return [Trend(str(tag), int(posts)) for tag, posts in answer]


def bonds(answer: Any) -> Bonds:
    """Take three collections of ids."""
    return Bonds(*(frozenset(found) for found in answer))


def polls(answer: Any) -> list[Poll]:
    """Take polls."""
    return [Poll(*poll) for poll in answer]


def poll_limits_in(answer: Any) -> PollLimits:
    """Take four numbers."""
    return PollLimits(*map(int, answer))


@hookspec(seconds=0.25, queries=0, shape=marked)
def named_in(text: str) -> Marked:
    """Return the tags and usernames in a text; by the text alone, since it is kept."""
    raise NotImplementedError


@hookspec(seconds=1.0, queries=20, shape=page)
def tag_page(tag: str, before: int | None, viewer_id: int | None) -> Page[Listed]:
    """Return the posts that carry a tag (in lower case), newest first."""
    raise NotImplementedError


@hookspec(seconds=0.5, queries=0, shape=trends)
def trending_tags() -> Sequence[Trend]:
    """Return the tags that are used most, the most used first."""
    raise NotImplementedError


@hookspec(seconds=3.0, queries=40, shape=page, passes=(RookeryError,))
def found_posts(text: str, before: int | None, viewer_id: int | None) -> Page[Listed]:
    """Return the posts that a search finds, newest first."""
    raise NotImplementedError


@hookspec(seconds=0.5, queries=10, shape=bonds)
def bonds_of(account_id: int) -> Bonds:
    """Return whom an account mutes and blocks, and who blocks it."""
    raise NotImplementedError


@hookspec(seconds=3.0, queries=100, passes=(RookeryError,))
def set_bond(bond: str, owner_id: int, other_id: int, wanted: bool) -> bool:
    """Have an account mute or block (`bond`) another one, or not any longer; True when done."""
    raise NotImplementedError


@hookspec(seconds=3.0, queries=100, passes=(RookeryError,))
def take_report(
    reporter_id: int, account_id: int, post_ids: Sequence[int], category: str, comment: str
) -> bool:
    """Take a report of an account, or of posts of it that who reports sees; True when taken.

    `category` is spam, legal or other. What was reported before counts as taken.
    """
    raise NotImplementedError


@hookspec(seconds=0.25, queries=0, shape=poll_limits_in)
def poll_limits() -> PollLimits:
    """Return what a poll may be."""
    raise NotImplementedError


@hookspec(seconds=0.5, queries=0, shape=extras, passes=(TextRefused,))
def poll_extras(titles: Sequence[str], seconds: int, multiple: bool) -> Mapping[str, Any]:
    """Return what is to be kept with a post that asks this, as `posts.hooks.extras_in` does."""
    raise NotImplementedError


# A list may be of as many shards as it has posts.
@hookspec(seconds=0.5, queries=60, shape=polls)
def polls_of(posts: Sequence[Listed], viewer_id: int | None) -> Sequence[Poll]:
    """Return the polls of posts that the viewer sees; asked once for all posts of a list."""
    raise NotImplementedError


@hookspec(seconds=3.0, queries=40, passes=(RookeryError,))
def vote_in_poll(post_id: int, account_id: int, choices: Sequence[int]) -> bool:
    """Have an account vote for options by their numbers, from 0 on; True when done."""
    raise NotImplementedError
