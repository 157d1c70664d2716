"""Pictures as apps take them: media attachments."""

from typing import Any

from apps.api.entities import shapes
from apps.pictures.selectors import PictureCard


def one(card: PictureCard) -> dict[str, Any]:
    """Return a picture; its preview is the picture itself until there is a thumbnail."""
    return {
        "id": str(card.id),
        "type": "image",
        "url": shapes.full(card.url),
        "preview_url": shapes.full(card.small_url),
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": {
            "original": _size(card.width, card.height),
            "small": _size(*card.small_size),
            "focus": {"x": card.focus_x, "y": card.focus_y},
        },
        "description": card.alt or None,
        "blurhash": None,
    }


def _size(width: int, height: int) -> dict[str, Any]:
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": round(width / height, 6),
    }
