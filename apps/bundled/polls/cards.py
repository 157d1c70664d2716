"""Polls as those see them who look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import ngettext

from apps.bundled.polls import selectors
from apps.bundled.polls.selectors import Asked
from apps.kernel import dependencies
from apps.posts.cards import Listed

NOBODY = (0,) * 5


class Option(NamedTuple):
    """One option; `percent` is of those who voted."""

    number: int
    title: str
    votes: int
    percent: int
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class PollCard:
    """A poll, its counts, and what it is to who looks at it."""

    id: int
    asked: Asked
    counts: tuple[int, ...]
    choices: int
    mine: bool
    is_member: bool
    now: datetime

    @property
    def voters(self) -> int:
        """How many accounts have voted."""
        return self.counts[0]

    @property
    def is_over(self) -> bool:
        """Whether nobody can vote any longer."""
        return self.asked.ends_at <= self.now

    @property
    def may_vote(self) -> bool:
        """Whether the options are to be chosen from; anybody else is shown the counts."""
        return self.is_member and not (self.mine or self.choices or self.is_over)

    @property
    def options(self) -> list[Option]:
        """The options with their votes."""
        return [
            Option(
                number,
                title,
                self.counts[number + 1],
                round(100 * self.counts[number + 1] / self.voters) if self.voters else 0,
                bool(self.choices & 1 << number),
            )
            for number, title in enumerate(self.asked.titles)
        ]

    @property
    def left(self) -> str:
        """How long one may vote yet, in as few words as do."""
        seconds = max(0, int((self.asked.ends_at - self.now).total_seconds()))
        if seconds >= 86400:
            number = seconds // 86400
            return ngettext("%(n)d day left", "%(n)d days left", number) % {"n": number}
        if seconds >= 3600:
            number = seconds // 3600
            return ngettext("%(n)d hour left", "%(n)d hours left", number) % {"n": number}
        number = max(1, seconds // 60)
        return ngettext("%(n)d minute left", "%(n)d minutes left", number) % {"n": number}


def cards(posts: Sequence[Listed], viewer_id: int | None) -> dict[int, PollCard]:
    """Return the polls of posts by id; nothing is asked where no post can have one."""
    ids = list({post.id for post in posts if post.stored.extras})
    asked = selectors.asked(ids) if ids else {}
    if not asked:
        return {}
    counts, own = selectors.counts(asked), selectors.votes_of(asked, viewer_id)
    now = timezone.now()
    for poll in asked.values():
        _note_time(poll.ends_at, now)
    return {
        post.id: PollCard(
            id=post.id,
            asked=asked[post.id],
            counts=counts.get(post.id, NOBODY),
            choices=own.get(post.id, 0),
            mine=viewer_id is not None and post.stored.author_id == viewer_id,
            is_member=viewer_id is not None,
            now=now,
        )
        for post in posts
        if post.id in asked
    }


def _note_time(ends_at: datetime, now: datetime) -> None:
    """Say for how long what is told of the time that is left stays right."""
    left = (ends_at - now).total_seconds()
    if left > 0:
        unit = 86400 if left >= 86400 else 3600 if left >= 3600 else 60
        dependencies.good_for(left % unit or unit)
