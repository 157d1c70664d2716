"""What each page prefers where a server is away: to answer with less, or not to answer at all.

Availability: it shows what the servers that are there have, from replicas too, and says what is
missing and how old the rest may be. Consistency: it reads from primaries only, and is refused with
503 where one is away. Every write prefers consistency; for what is only read this table says it,
also of the pages of plugins. docs/faults.md has the same for people.
"""

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from apps.sharding.middleware import Harvested

# Names of pages that are read, whose answer decides something: why.
CONSISTENT = {
    "accounts:sign-up": "a name has one owner",
    "accounts:sign-in": "a password that was changed opens nothing, a suspension holds",
    "accounts:preferences": "an old form that is sent again would undo what is newer",
    "accounts:sessions": "where one is signed in is not to be guessed",
    "accounts:profile-edit": "an old form that is sent again would undo what is newer",
    "archives:data": "how far an archive is, whose it is: not to be guessed",
    "archives:fetch": "it is given to its owner alone",
    "erasure:delete": "what is asked about is what is deleted",
    "erasure:receipt": "a receipt tells what is gone, not what was",
    "posts:edit": "an old form that is sent again would undo what is newer",
    "posts:delete": "what is asked about is what is deleted",
    "posts:draft": "an old text that is kept again would undo what is newer",
    "posts:discard": "what is asked about is what is discarded",
    "moderation:people": "whom one blocks is not to be guessed",
    "moderation:person": "the same, and a form to change it",
    "moderation:report-account": "a report is about what is there",
    "moderation:report-post": "a report is about what is there",
    "moderation:standing": "a suspension is not to be guessed",
    "moderation:appeal": "an appeal is heard once",
    "grid:units": "operators, too",
    "api:authorize": "a token is made for who is signed in now",
    "api:apps": "an app that was shut out is out",
    "api:related": "whom one blocks is not to be guessed",
    "api:mutes": "the same",
    "api:blocks": "the same",
}
# How names of such pages begin where there are many: why.
CONSISTENT_FAMILIES = {
    "admin:": "moderators decide by what they see",
    "account_": "a password that was changed opens nothing, an address is confirmed once",
    "mfa_": "a second factor that was taken away opens nothing",
    "socialaccount_": "a way in that was taken away opens nothing",
}
# Names of pages that are only looked at.
AVAILABLE = frozenset(
    {
        "timelines:home",
        "timelines:public",
        "timelines:profile",
        "follows:followers",
        "follows:following",
        "posts:thread",
        "posts:permalink",
        "posts:compose",
        "posts:bookmarks",
        "posts:drafts",
        "posts:history",
        "pictures:file",
        "notifications:list",
        "hashtags:tag",
        "hashtags:trending",
        "polls:show",
        "search:search",
        "feeds:profile",
        "feeds:tag",
        "push:topics",
        "topology:page",
        "topology:now",
        "push:events",
        "ops:live",
        "ops:ready",
        "ops:metrics",
    }
)


class Preferred(Harvested):
    """Middleware: holds each page to what it prefers."""

    def must_be_certain(self, request: HttpRequest) -> bool:
        """Tell whether the page prefers consistency."""
        try:
            name = resolve(request.path_info).view_name
        except Resolver404:
            return False
        return name in CONSISTENT or name.startswith(tuple(CONSISTENT_FAMILIES))
