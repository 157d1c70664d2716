"""What browsers hear of polls."""

from collections.abc import Sequence

from apps.bundled.polls.events import PollCounted
from apps.events.announcements import Announced
from apps.posts import audiences
from apps.push.topics import Data, Topic, register


class Counted(Topic):
    """That a poll's counts have changed."""

    name = "poll"
    about = "Votes are counted in the poll of a post."
    events = {PollCounted: None}
    takes_argument = True
    latest_only = True

    def keys(self, account_id: int, argument: int) -> Sequence[int]:
        """The post, where it may be seen."""
        return [argument] if audiences.may_see(argument, account_id or None) else []

    def messages(self, told: Sequence[Announced]) -> dict[int, Data]:
        """Of which post it is; the counts are there to be read."""
        return {event_id: {"post_id": str(event.key)} for event_id, event in told}


register(Counted())
