"""What a connection asks for, whatever it is made of: subscribe, resume, unsubscribe."""

from collections.abc import Iterable

from django.utils import timezone

from apps.push import hub, missed, topics, visitors
from apps.push.limits import MOST_SUBSCRIPTIONS
from apps.push.listeners import Listener, Message
from apps.push.missed import Interest
from apps.push.topics import Refused
from apps.sharding import ids


class SessionOver(Exception):
    """The session that the connection was opened with is not valid any more."""


class Desk:
    """Serves one listener, and checks again and again who it is."""

    def __init__(self, cookies: str) -> None:
        self.cookies = cookies
        self.listener = Listener(0)

    async def open(self) -> None:
        """Find out who is there."""
        came = ids.first_at(timezone.now())
        self.listener = Listener(await self.who(), came)

    async def who(self) -> int:
        """Return the account that it is now, 0 for a visitor."""
        return await hub.in_thread(visitors.account_in, self.cookies)

    async def check(self) -> None:
        """Make sure that it is still the same account, with the same rights; raises SessionOver."""
        if not self.listener.account_id:
            return
        if await self.who() != self.listener.account_id:
            raise SessionOver
        heard = [s for s in self.listener.subscriptions.values() if s.topic.audience]
        for subscription in heard:
            if not await hub.in_thread(subscription.topic.may, self.listener.account_id):
                hub.current().unsubscribe(self.listener, subscription.label)

    async def subscribe(self, label: object) -> Interest:
        """Subscribe to one topic; raises Refused, SessionOver."""
        await self.check()
        asked = topics.subscription(label, self.listener.account_id)
        if len(self.listener.subscriptions) >= MOST_SUBSCRIPTIONS:
            raise Refused(f"A connection may have {MOST_SUBSCRIPTIONS} subscriptions.")
        return await hub.current().subscribe(self.listener, asked)

    async def missed(self, after: int, interests: Iterable[Interest]) -> list[Message]:
        """Return what these subscriptions missed since an event; raises Gone."""
        wanted = list(interests)
        told = await hub.in_thread(missed.since, after, wanted)
        seen = {event.event_id: hub.current().seen(event) for event in told}
        return [
            Message(
                event.event_id,
                interest.subscription.label,
                data,
                seen[event.event_id],
                event.request_id,
            )
            for event in told
            for interest in wanted
            if interest.hears(event.key)
            and (data := event.messages.get(interest.subscription.topic.name)) is not None
        ]

    def leave(self) -> None:
        """Forget the listener."""
        hub.current().leave(self.listener)


def place_in(text: object) -> int:
    """Return the event id to resume after; raises Refused."""
    if not (isinstance(text, str | int) and str(text).isascii() and str(text).isdigit()):
        raise Refused("To resume, say after which event: its id, a number.")
    if int(text) >= 2**63:
        raise Refused("There is no event with so large an id.")
    return int(text)
