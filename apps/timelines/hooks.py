"""Where plugins take part in the page of a profile."""

from apps.accounts.selectors import ProfileCard
from apps.plugins.hooks import html
from apps.plugins.markers import hookspec


@hookspec(seconds=0.5, queries=10, shape=html)
def profile_part(profile: ProfileCard, viewer_id: int | None) -> str | None:
    """Return HTML for the page of a profile, below its facts; `viewer_id` is None for a visitor."""
    raise NotImplementedError
