"""What a webhook is sent, and how it is signed. Pure functions."""

import hmac
import json
from datetime import datetime
from typing import Any

from apps.sharding import ids


def body(*, delivery_id: int, event_id: int, topic: str, data: dict[str, Any]) -> bytes:
    """Return the body, the same each time it is sent. Numbers of 64 bits are text in JSON."""
    told = {
        "delivery": str(delivery_id),
        "event": str(event_id),
        "topic": topic,
        "at": ids.time_of(event_id).isoformat(),
        "data": as_text(data),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def headers(*, delivery_id: int, topic: str, secret: str, body: bytes, now: datetime) -> Any:
    """Return the headers that say what it is and that it is from us."""
    timestamp = str(int(now.timestamp()))
    return {
        "Content-Type": "application/json",
        "Rookery-Delivery": str(delivery_id),
        "Rookery-Topic": topic,
        "Rookery-Timestamp": timestamp,
        "Rookery-Signature": f"sha256={signature(secret, timestamp, body)}",
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 over timestamp, a full stop and the body, in hexadecimal digits."""
    return hmac.digest(secret.encode(), timestamp.encode() + b"." + body, "sha256").hex()


def as_text(value: Any) -> Any:
    """Return a value of an event with every whole number in it as text."""
    if isinstance(value, dict):
        return {name: as_text(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_text(part) for part in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
