"""The facts that polls announces."""

from dataclasses import dataclass

from apps.events.registry import Event


@dataclass(frozen=True)
class PollCounted(Event):
    """The votes that are counted in a poll have changed. Nobody is told whose, or for what."""

    topic = "polls.poll-counted.v1"
    key_field = "post_id"
    in_order = False

    post_id: int
