"""What a server can be found to be that it should not be."""

from django.db import OperationalError


class Promoted(OperationalError):
    """What was a replica is one no more; who asks for it again finds another."""

    def __init__(self) -> None:
        super().__init__("it is no replica any more")


class Superseded(OperationalError):
    """What was a primary has been replaced while it was not looking: what it says is the past."""

    def __init__(self, timeline: int, known: int) -> None:
        super().__init__(f"it is on timeline {timeline}, and its group on {known}")
