"""Polls as an account's archive has them: ActivityStreams' Question, as Mastodon writes it."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from apps.bundled.polls import selectors
from apps.bundled.polls.selectors import Asked

NOBODY = (0,) * 5


def parts(post_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return what makes questions of the notes of posts that have a poll, by id."""
    asked = selectors.asked(post_ids)
    counts = selectors.counts(asked)
    return {pk: _question(poll, counts.get(pk, NOBODY)) for pk, poll in asked.items()}


def _question(poll: Asked, counts: tuple[int, ...]) -> dict[str, Any]:
    end = poll.ends_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    options = [
        {
            "type": "Note",
            "name": title,
            "replies": {"type": "Collection", "totalItems": votes},
        }
        for title, votes in zip(poll.titles, counts[1:], strict=False)
    ]
    return {
        "type": "Question",
        "anyOf" if poll.multiple else "oneOf": options,
        "endTime": end,
        "votersCount": counts[0],
        **({"closed": end} if poll.ends_at <= timezone.now() else {}),
    }
