"""Who is at the other end of a stream: a token, in one of the three places where apps put it."""

import time
from typing import Any
from urllib.parse import parse_qs

from apps.api import bearers
from apps.api.bearers import Bearer
from apps.api.errors import Unauthorized
from apps.api.streaming import payloads
from apps.api.streaming.payloads import Said
from apps.api.streaming.streams import OWN, Stream
from apps.push import hub, visitors
from apps.push.desk import Desk, SessionOver
from apps.push.listeners import Message
from apps.push.topics import Refused

# Nothing is told for longer than this after a token was revoked.
CHECK_SECONDS = 30.0


class TokenDesk(Desk):
    """Serves a listener that came with a token; without one it is a visitor."""

    def __init__(self, scope: dict[str, Any]) -> None:
        super().__init__("")
        self.token = _token(scope)
        self.bearer: Bearer | None = None
        self.checked = time.monotonic()

    async def who(self) -> int:
        """Return the account of the token, 0 for a visitor; raises SessionOver for a bad one."""
        if not self.token:
            return 0
        try:
            self.bearer = await hub.in_thread(bearers.found, self.token)
        except Unauthorized as error:
            raise SessionOver from error
        return self.bearer.account.pk if self.bearer.account else 0

    def permit(self, stream: Stream) -> None:
        """Raise Refused where the token does not allow a stream."""
        wanted = "read:notifications" if stream.name == "user:notification" else "read:statuses"
        if stream.name in OWN and not self.listener.account_id:
            raise Refused("Missing access token")
        if self.bearer is not None and not self.bearer.allows(wanted):
            raise Refused("Access token does not have the required scopes")

    async def said(self, message: Message) -> Said | None:
        """Return what to say of a message; raises SessionOver where the token is over."""
        if time.monotonic() - self.checked > CHECK_SECONDS:
            self.checked = time.monotonic()
            await self.check()
        checksum = self.bearer.checksum if self.bearer else ""
        return await hub.in_thread(payloads.of, message, self.listener.account_id, checksum)


def query_of(scope: dict[str, Any]) -> dict[str, str]:
    """Return the parameters in the address of a connection."""
    found = parse_qs(scope["query_string"].decode("latin-1"))
    return {name: values[-1] for name, values in found.items()}


def _token(scope: dict[str, Any]) -> str:
    kind, _, token = visitors.header(scope, b"authorization").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    protocol = visitors.header(scope, b"sec-websocket-protocol").partition(",")[0].strip()
    return query_of(scope).get("access_token", protocol)
