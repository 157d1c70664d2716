"""docs/api.md lists what there is, and nothing else."""

import re
from pathlib import Path

from apps.api import scopes
from apps.api.urls import urlpatterns

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
# Pages, and views of the OAuth server: they are asked in ways of their own.
OAUTH = {
    "oauth/authorize": ("GET", "POST"),
    "oauth/apps": ("GET",),
    "oauth/apps/:app_id/end": ("POST",),
    "oauth/token": ("POST",),
    "oauth/revoke": ("POST",),
}


def offered():
    """Return every address with its method, its scope and whose token it takes."""
    found = set()
    for pattern in urlpatterns:
        route = re.sub(r"<(?:\w+:)?(\w+)>", r":\1", str(pattern.pattern))
        for method in OAUTH.get(route, ()):
            found.add((method, f"/{route}", "", "anybody"))
        for method, view in getattr(pattern.callback, "api_views", {}).items():
            if not route.startswith("^"):
                scope, who = getattr(view, "api_scope", ""), getattr(view, "api_who", None)
                found.add((method, f"/{route}", scope, who.name.lower() if who else "anybody"))
    return found


def documented():
    """Return the rows of the page's table."""
    rows = re.findall(
        r"^\| (\w+) \| `([^`]+)` \| `?([\w:]*)`? ?\| (\w+) \|", PAGE.read_text(), re.M
    )
    return {tuple(row) for row in rows}


def test_the_page_lists_every_address_with_its_scope_and_nothing_else():
    assert documented() == offered()


def test_every_scope_that_is_asked_for_can_be_given():
    assert {scope for _, _, scope, _ in offered()} - {""} <= set(scopes.KNOWN)
