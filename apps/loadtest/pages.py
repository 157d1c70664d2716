"""What visitors know of pages: where their links lead, and what a browser sends for them."""

import re

THREAD = re.compile(r'class="when" href="(/@\w+/\d+)"')
PROFILE = re.compile(r'class="name" href="(/@\w+)"')
MORE = re.compile(r'class="more"><a href="(\?before=\d+)"')
LIKE = re.compile(r'formaction="(/posts/\d+/(?:un)?like)"')
PUSH = re.compile(r'<body data-push="([^"]*)"')
# Any 32 letters will do, as long as cookie and header agree.
TOKEN = "loadtest" * 4
# What an open page subscribes to.
TOPICS = ("home", "notifications")


def signed_in(session: str) -> dict[str, str]:
    """Return the header that comes with each request of who has a session."""
    return {"Cookie": f"rookery_session={session}; csrftoken={TOKEN}"}


def writing(session: str, site: str) -> dict[str, str]:
    """Return the headers with which somebody's browser sends a form of a page."""
    return {
        **signed_in(session),
        "X-CSRFToken": TOKEN,
        "Origin": site,
        "Content-Type": "application/x-www-form-urlencoded",
    }


def push_address(page: str, site: str) -> str:
    """Return where a page opens its WebSocket; empty where it has none."""
    found = PUSH.search(page)
    return f"{found[1] or site.replace('http', 'ws', 1)}/ws/" if found else ""
