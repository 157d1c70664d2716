"""What a poll may ask, and how that waits with its draft. Pure functions."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from apps.bundled.polls.errors import PollRefused
from apps.posts import texts

NAME = "polls"
FEWEST, MOST = 2, 4
# As people count characters.
LONGEST = 50
SHORTEST_SECONDS, LONGEST_SECONDS = 5 * 60, 30 * 86400


class Question(NamedTuple):
    """Options, for how many seconds one may vote, and whether for several of them."""

    titles: tuple[str, ...]
    seconds: int
    multiple: bool = False


def question(titles: Iterable[str], seconds: int, *, multiple: bool) -> Question:
    """Return what is asked, empty options left out; raises PollRefused."""
    kept = [title for title in map(_clean, titles) if title]
    if len(kept) < FEWEST:
        raise PollRefused(_("Choices must have more than one item"))
    if len(kept) > MOST:
        raise PollRefused(_("Choices can't contain more than %(most)d items") % {"most": MOST})
    if len({title.casefold() for title in kept}) < len(kept):
        raise PollRefused(_("Choices contain duplicate items"))
    if seconds < SHORTEST_SECONDS:
        raise PollRefused(_("Deadline is too soon"))
    if seconds > LONGEST_SECONDS:
        raise PollRefused(_("Deadline is too far into the future"))
    return Question(tuple(kept), seconds, multiple)


def to_extras(asked: Question) -> dict[str, Any]:
    """Return a question as a draft carries it, under the plugin's name."""
    said = {"options": list(asked.titles), "seconds": asked.seconds, "multiple": asked.multiple}
    return {NAME: said}


def from_extras(extras: Mapping[str, Any]) -> Question | None:
    """Return the question that a draft carries, None where it has none; raises PollRefused."""
    said = extras.get(NAME)
    if said is None:
        return None
    return question(said["options"], int(said["seconds"]), multiple=bool(said["multiple"]))


def _clean(title: str) -> str:
    """Return an option as one line; raises PollRefused where it is too long."""
    title = " ".join(title.split())
    if len(title) > texts.MOST_CHARACTERS or texts.length(title) > LONGEST:
        raise PollRefused(
            _("Choices cannot be longer than %(most)d characters each") % {"most": LONGEST}
        )
    return texts.clean(title, may_be_empty=True)
