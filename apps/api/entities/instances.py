"""The site itself, in the two forms that apps ask for."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.cache import cache

from apps.accounts import selectors as accounts
from apps.api.entities import polls, shapes
from apps.pictures import processing
from apps.pictures.services import LONGEST_ALT, MOST_OF_A_POST
from apps.posts import selectors as posts
from apps.posts import texts

# The version of the protocol that is answered: apps decide by it what they ask. From 4.3 on they
# would ask for notifications in groups.
VERSION = "4.2.0"
SERVED = f"{VERSION} (compatible; Rookery 0.1)"
DESCRIPTION = "A Rookery: short posts, in order of time."
COUNTS, COUNT_SECONDS = "api.counts", 600
PICTURES = [f"image/{name.lower()}" for name in processing.FORMATS]


def configuration() -> dict[str, Any]:
    """Return the limits that apps keep to."""
    return {
        "accounts": {"max_featured_tags": 0, "max_pinned_statuses": 1},
        "statuses": {
            "max_characters": texts.MOST_CHARACTERS,
            "max_media_attachments": MOST_OF_A_POST,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": PICTURES,
            "image_size_limit": processing.MOST_BYTES,
            "image_matrix_limit": processing.MOST_PIXELS,
            "description_limit": LONGEST_ALT,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": polls.limits(),
    }


def counts() -> dict[str, int]:
    """Return about how many accounts and posts there are: nobody counts them for that."""
    found = cache.get(COUNTS)
    if found is None:
        found = {"user_count": accounts.about_how_many(), "status_count": posts.about_how_many()}
        cache.set(COUNTS, found, COUNT_SECONDS)
    return {**found, "domain_count": 1}


def streaming_url() -> str:
    """Return where the push process is, for WebSockets."""
    parts = urlsplit(settings.PUSH_URL or settings.SITE_URL)
    scheme = "wss" if parts.scheme in ("https", "wss") else "ws"
    return urlunsplit((scheme, parts.netloc, "", "", ""))


def second() -> dict[str, Any]:
    """Return the site as `/api/v2/instance` has it."""
    urls = {"streaming": streaming_url(), "status": None}
    usage = {"users": {"active_month": counts()["user_count"]}}
    return {
        "domain": shapes.domain(),
        "title": settings.SITE_NAME,
        "version": SERVED,
        "source_url": "",
        "description": DESCRIPTION,
        "usage": usage,
        "thumbnail": {"url": shapes.picture("header.png")},
        "icon": [],
        "languages": ["en"],
        "configuration": {
            **configuration(),
            "urls": urls,
            "vapid": {"public_key": ""},
            "translation": {"enabled": False},
        },
        "registrations": {
            "enabled": True,
            "approval_required": False,
            "message": None,
            "url": shapes.full("/accounts/sign-up"),
        },
        "contact": {"email": "", "account": None},
        "rules": [],
    }


def first() -> dict[str, Any]:
    """Return the site as `/api/v1/instance` has it."""
    return {
        "uri": shapes.domain(),
        "title": settings.SITE_NAME,
        "short_description": DESCRIPTION,
        "description": DESCRIPTION,
        "email": "",
        "version": SERVED,
        "urls": {"streaming_api": streaming_url()},
        "stats": counts(),
        "thumbnail": shapes.picture("header.png"),
        "languages": ["en"],
        "registrations": True,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": configuration(),
        "contact_account": None,
        "rules": [],
    }
