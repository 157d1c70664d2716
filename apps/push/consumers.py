"""One WebSocket of a browser: it says what it wants to hear, and hears it."""

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from apps.push import topics

REFUSED = 4404


class Listener(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels ships no types
    """Listens to the topic that its address names; a topic that is not there is refused."""

    group: str | None = None

    async def connect(self) -> None:
        """Join the topic's group."""
        topic = self.scope["url_route"]["kwargs"]["topic"]
        await self.accept()
        if topic not in topics.NAMES:
            await self.close(REFUSED, f"There is no topic {topic}.")
            return
        self.group = topics.group_of(topic)
        await self.channel_layer.group_add(self.group, self.channel_name)

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if self.group is not None:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, *args: Any, **kwargs: Any) -> None:
        """A browser has nothing to say here: what it sends is let fall."""

    async def told(self, event: dict[str, Any]) -> None:
        """Pass a message on to the browser."""
        await self.send_json(event["message"])
