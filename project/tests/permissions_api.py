"""Who may do what over the API: the rows of its addresses, as in `permissions`.

Whoever asks does so with a token of all scopes. Staff have no more rights here than anybody else.
"""

from project.tests.permissions import ALL, BAD, GONE, SIGN_IN, SIGNED_IN, YES, Row, get, post

OWNERS = (SIGN_IN, GONE, YES, GONE, GONE)
NOT_ONESELF = (SIGN_IN, YES, BAD, YES, YES)
NOBODYS = (GONE,) * 5
# Without what an app must send there is no answer.
INCOMPLETE = (BAD,) * 5

ACCOUNT, ADA = "api/v1/accounts/<snowflake:account_id>", "/api/v1/accounts/{ada}"
STATUS, POST = "api/v1/statuses/<snowflake:status_id>", "/api/v1/statuses/{post}"
POLL = "api/v1/polls/<snowflake:poll_id>"
NOTIFICATION = "api/v1/notifications/<snowflake:notification_id>"
NOTE = "/api/v1/notifications/{note}"


def same(path: str, who: tuple[str, ...], query: str = "") -> Row:
    """Return a row of an address that is its own route."""
    return get(path, f"/{path}{query}", who)


PICTURE = "api/v1/media/<snowflake:media_id>"

API = [
    # --- Apps and tokens ---
    get("oauth/authorize", "/oauth/authorize", (SIGN_IN, BAD, BAD, BAD, BAD)),
    get("oauth/apps", "/oauth/apps", SIGNED_IN),
    post("oauth/apps/<snowflake:app_id>/end", "/oauth/apps/1/end", (SIGN_IN, *(GONE,) * 4)),
    post("oauth/token", "/oauth/token", INCOMPLETE),
    post("oauth/revoke", "/oauth/revoke", INCOMPLETE),
    post("api/v1/apps", "/api/v1/apps", ALL, client_name="Nest", redirect_uris="nest://x"),
    same("api/v1/apps/verify_credentials", SIGNED_IN),
    # --- Accounts ---
    same("api/v1/accounts", ALL, "?id[]={ada}"),
    same("api/v1/accounts/verify_credentials", SIGNED_IN),
    Row(
        "api/v1/accounts/update_credentials",
        "PATCH",
        "/api/v1/accounts/update_credentials",
        SIGNED_IN,
    ),
    same("api/v1/accounts/lookup", ALL, "?acct=ada"),
    same("api/v1/accounts/search", SIGNED_IN, "?q=ada"),
    same("api/v1/accounts/relationships", SIGNED_IN, "?id[]={ada}"),
    get(ACCOUNT, ADA, ALL),
    *(get(f"{ACCOUNT}/{part}", f"{ADA}/{part}", ALL) for part in ("statuses", "featured_tags")),
    *(get(f"{ACCOUNT}/{part}", f"{ADA}/{part}", ALL) for part in ("followers", "following")),
    get(f"{ACCOUNT}/lists", f"{ADA}/lists", SIGNED_IN),
    *(
        post(f"{ACCOUNT}/{verb}", f"{ADA}/{verb}", NOT_ONESELF)
        for verb in ("follow", "mute", "unmute", "block", "unblock")
    ),
    post(f"{ACCOUNT}/unfollow", f"{ADA}/unfollow", SIGNED_IN),
    *(same(f"api/v1/{name}", SIGNED_IN) for name in ("mutes", "blocks")),
    post("api/v1/reports", "/api/v1/reports", NOT_ONESELF, account_id="{ada}"),
    # --- Statuses ---
    same("api/v1/statuses", ALL, "?id[]={post}"),
    post("api/v1/statuses", "/api/v1/statuses", SIGNED_IN, status="hello"),
    *(
        # What an app must send there is a file.
        post(f"api/v{version}/media", f"/api/v{version}/media", (SIGN_IN, BAD, BAD, BAD, BAD))
        for version in (1, 2)
    ),
    # Of a picture that nobody has.
    *(
        Row(PICTURE, method, "/api/v1/media/17", (SIGN_IN, *(GONE,) * 4))
        for method in ("GET", "PUT", "DELETE")
    ),
    get(STATUS, POST, ALL),
    Row(STATUS, "DELETE", POST, OWNERS),
    Row(STATUS, "PUT", POST, OWNERS, (("status", "new"),)),
    post(f"{STATUS}/pin", f"{POST}/pin", OWNERS),
    get(f"{STATUS}/history", f"{POST}/history", ALL),
    *(get(f"{STATUS}/{part}", f"{POST}/{part}", ALL) for part in ("context", "source")),
    *(get(f"{STATUS}/{part}", f"{POST}/{part}", ALL) for part in ("favourited_by", "reblogged_by")),
    *(
        post(f"{STATUS}/{verb}", f"{POST}/{verb}", SIGNED_IN)
        for verb in (
            "favourite",
            "unfavourite",
            "reblog",
            "unreblog",
            "bookmark",
            "unbookmark",
            "unpin",
        )
    ),
    # --- Polls ---
    get(POLL, "/api/v1/polls/{post}", ALL),
    post(f"{POLL}/votes", "/api/v1/polls/{post}/votes", NOT_ONESELF, **{"choices[]": "0"}),
    # --- Timelines ---
    same("api/v1/timelines/home", SIGNED_IN),
    same("api/v1/timelines/public", ALL),
    get("api/v1/timelines/tag/<str:tag>", "/api/v1/timelines/tag/rooks", ALL),
    get("api/v1/tags/<str:tag>", "/api/v1/tags/rooks", ALL),
    *(same(f"api/v1/trends{part}", ALL) for part in ("", "/tags", "/statuses", "/links")),
    same("api/v1/markers", SIGNED_IN),
    post("api/v1/markers", "/api/v1/markers", SIGNED_IN, **{"home[last_read_id]": "1"}),
    # --- Notifications ---
    same("api/v1/notifications", SIGNED_IN),
    same("api/v1/notifications/unread_count", SIGNED_IN),
    post("api/v1/notifications/clear", "/api/v1/notifications/clear", SIGNED_IN),
    get(NOTIFICATION, NOTE, OWNERS),
    post(f"{NOTIFICATION}/dismiss", f"{NOTE}/dismiss", OWNERS),
    # --- The site ---
    same("api/v2/search", ALL, "?q=ada"),
    *(same(f"api/{version}/instance", ALL) for version in ("v1", "v2")),
    *(same(f"api/v1/instance/{part}", ALL) for part in ("rules", "peers")),
    same("api/v1/preferences", SIGNED_IN),
    same("api/v1/custom_emojis", ALL),
    *(same(f"api/v1/{name}", SIGNED_IN) for name in ("announcements", "conversations", "filters")),
    *(same(f"api/v1/{name}", SIGNED_IN) for name in ("follow_requests", "followed_tags", "lists")),
    *(same(f"api/v1/{name}", SIGNED_IN) for name in ("bookmarks", "endorsements", "featured_tags")),
    same("api/v1/scheduled_statuses", SIGNED_IN),
    same("api/v2/filters", SIGNED_IN),
    # The push process answers these; here one is led to it.
    same("api/v1/streaming", ALL),
    get("api/v1/streaming/<path:stream>", "/api/v1/streaming/public", ALL),
    same(".well-known/oauth-authorization-server", ALL),
    same(".well-known/webfinger", ALL, "?resource=acct:ada@127.0.0.1:8000"),
    same(".well-known/nodeinfo", ALL),
    same("nodeinfo/2.0", ALL),
    get("^api(?:/|$)", "/api/v1/no/such/thing", NOBODYS),
]
