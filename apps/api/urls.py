from django.urls import path, re_path, register_converter

from apps.api.converters import Id
from apps.api.endpoints import Who, by
from apps.api.views import (
    accounts,
    apps,
    instance,
    let_in,
    markers,
    media,
    notifications,
    oauth,
    polls,
    relations,
    reports,
    search,
    statuses,
    timelines,
)

register_converter(Id, "snowflake")

ACCOUNT, STATUS = "api/v1/accounts/<snowflake:account_id>", "api/v1/statuses/<snowflake:status_id>"
NOTIFICATIONS = "api/v1/notifications"
NOTIFICATION = f"{NOTIFICATIONS}/<snowflake:notification_id>"

app_name = "api"
urlpatterns = [
    # --- Apps and tokens ---
    path("oauth/authorize", oauth.Authorize.as_view(), name="authorize"),
    path("oauth/apps", let_in.apps, name="apps"),
    path("oauth/apps/<snowflake:app_id>/end", let_in.end, name="end"),
    path("oauth/token", oauth.Token.as_view()),
    path("oauth/revoke", oauth.Revoke.as_view()),
    path(".well-known/oauth-authorization-server", by(GET=oauth.metadata)),
    path("api/v1/apps", by(POST=apps.register)),
    path("api/v1/apps/verify_credentials", by(GET=apps.verify_credentials)),
    # --- Accounts ---
    path("api/v1/accounts", by(GET=accounts.several)),
    path("api/v1/accounts/verify_credentials", by(GET=accounts.verify_credentials)),
    path("api/v1/accounts/update_credentials", by(PATCH=accounts.update_credentials)),
    path("api/v1/accounts/lookup", by(GET=accounts.lookup)),
    path("api/v1/accounts/search", by(GET=accounts.search)),
    path("api/v1/accounts/relationships", by(GET=accounts.related), name="related"),
    path(ACCOUNT, by(GET=accounts.account)),
    path(f"{ACCOUNT}/statuses", by(GET=accounts.written)),
    path(f"{ACCOUNT}/followers", by(GET=accounts.followers)),
    path(f"{ACCOUNT}/following", by(GET=accounts.following)),
    path(f"{ACCOUNT}/lists", by(GET=instance.empty("read:lists"))),
    path(f"{ACCOUNT}/featured_tags", by(GET=instance.empty("read:accounts", Who.ANYBODY))),
    path(f"{ACCOUNT}/follow", by(POST=relations.follow)),
    path(f"{ACCOUNT}/unfollow", by(POST=relations.unfollow)),
    path(f"{ACCOUNT}/mute", by(POST=relations.mute)),
    path(f"{ACCOUNT}/unmute", by(POST=relations.unmute)),
    path(f"{ACCOUNT}/block", by(POST=relations.block)),
    path(f"{ACCOUNT}/unblock", by(POST=relations.unblock)),
    path("api/v1/mutes", by(GET=relations.mutes), name="mutes"),
    path("api/v1/blocks", by(GET=relations.blocks), name="blocks"),
    path("api/v1/reports", by(POST=reports.report)),
    # --- Statuses ---
    path("api/v1/statuses", by(GET=statuses.several, POST=statuses.publish)),
    path(STATUS, by(GET=statuses.status, PUT=statuses.edit, DELETE=statuses.delete)),
    path(f"{STATUS}/history", by(GET=statuses.history)),
    path(f"{STATUS}/context", by(GET=statuses.context)),
    path(f"{STATUS}/source", by(GET=statuses.source)),
    path(f"{STATUS}/favourited_by", by(GET=statuses.favourited_by)),
    path(f"{STATUS}/reblogged_by", by(GET=statuses.reblogged_by)),
    path(f"{STATUS}/favourite", by(POST=statuses.favourite)),
    path(f"{STATUS}/unfavourite", by(POST=statuses.unfavourite)),
    path(f"{STATUS}/reblog", by(POST=statuses.reblog)),
    path(f"{STATUS}/unreblog", by(POST=statuses.unreblog)),
    path(f"{STATUS}/pin", by(POST=statuses.pin)),
    path(f"{STATUS}/unpin", by(POST=statuses.unpin)),
    path(f"{STATUS}/bookmark", by(POST=statuses.bookmark)),
    path(f"{STATUS}/unbookmark", by(POST=statuses.unbookmark)),
    # --- Polls ---
    path("api/v1/polls/<snowflake:poll_id>", by(GET=polls.show)),
    path("api/v1/polls/<snowflake:poll_id>/votes", by(POST=polls.vote)),
    # --- Pictures ---
    path("api/v1/media", by(POST=media.upload)),
    path("api/v2/media", by(POST=media.upload)),
    path(
        "api/v1/media/<snowflake:media_id>",
        by(GET=media.show, PUT=media.describe, DELETE=media.discard),
    ),
    # --- Timelines ---
    path("api/v1/timelines/home", by(GET=timelines.home)),
    path("api/v1/timelines/public", by(GET=timelines.public)),
    path("api/v1/timelines/tag/<str:tag>", by(GET=timelines.tag)),
    path("api/v1/tags/<str:tag>", by(GET=timelines.one_tag)),
    path("api/v1/trends", by(GET=timelines.trends)),
    path("api/v1/trends/tags", by(GET=timelines.trends)),
    path("api/v1/trends/statuses", by(GET=instance.empty(who=Who.ANYBODY))),
    path("api/v1/trends/links", by(GET=instance.empty(who=Who.ANYBODY))),
    path("api/v1/markers", by(GET=markers.show, POST=markers.move)),
    # --- Notifications ---
    path(NOTIFICATIONS, by(GET=notifications.listed)),
    path(f"{NOTIFICATIONS}/unread_count", by(GET=notifications.unread_count)),
    path(f"{NOTIFICATIONS}/clear", by(POST=notifications.clear)),
    path(NOTIFICATION, by(GET=notifications.one)),
    path(f"{NOTIFICATION}/dismiss", by(POST=notifications.dismiss)),
    # --- The site ---
    path("api/v2/search", by(GET=search.search)),
    path("api/v1/instance", by(GET=instance.first)),
    path("api/v2/instance", by(GET=instance.second)),
    path("api/v1/preferences", by(GET=instance.preferences)),
    path("api/v1/streaming", by(GET=instance.streaming)),
    path("api/v1/streaming/<path:stream>", by(GET=instance.streaming)),
    path(".well-known/webfinger", by(GET=instance.webfinger)),
    path(".well-known/nodeinfo", by(GET=instance.nodeinfo_places)),
    path("nodeinfo/2.0", by(GET=instance.nodeinfo)),
    # --- What this site has none of ---
    path("api/v1/instance/rules", by(GET=instance.empty(who=Who.ANYBODY))),
    path("api/v1/instance/peers", by(GET=instance.empty(who=Who.ANYBODY))),
    path("api/v1/custom_emojis", by(GET=instance.empty(who=Who.ANYBODY))),
    path("api/v1/announcements", by(GET=instance.empty())),
    path("api/v1/conversations", by(GET=instance.empty("read:statuses"))),
    path("api/v1/filters", by(GET=instance.empty("read:filters"))),
    path("api/v2/filters", by(GET=instance.empty("read:filters"))),
    path("api/v1/follow_requests", by(GET=instance.empty("read:follows"))),
    path("api/v1/followed_tags", by(GET=instance.empty("read:follows"))),
    path("api/v1/bookmarks", by(GET=statuses.bookmarks)),
    path("api/v1/endorsements", by(GET=instance.empty("read:accounts"))),
    path("api/v1/featured_tags", by(GET=instance.empty("read:accounts"))),
    path("api/v1/scheduled_statuses", by(GET=instance.empty("read:statuses"))),
    path("api/v1/lists", by(GET=instance.empty("read:lists"))),
    re_path(
        "^api(?:/|$)",
        by(**dict.fromkeys(["GET", "POST", "PUT", "PATCH", "DELETE"], instance.not_there)),
    ),
]
