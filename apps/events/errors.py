"""The refusals of events."""

from apps.kernel.errors import RookeryError


class TopicTaken(RookeryError):
    """Two events claim one topic."""

    def __init__(self, topic: str, owner: str, other: str) -> None:
        super().__init__(f"Topic {topic} belongs to {owner}; give {other} a name of its own.")


class UnknownSubscriber(RookeryError):
    """A delivery names a subscriber that this process does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No subscriber {name} here. Is this worker older than the code that sent the event?"
        )


class TryLater(RookeryError):
    """A subscriber cannot do its work now, by no fault of its own: a server of others is away.

    It is tried again like any failure; to a plugin it does not count as a fault.
    """
