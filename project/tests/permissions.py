"""Who may do what: a row for each address and way of asking; test_permissions holds the site to it.

Columns: a visitor, another account, the account whose things they are, a moderator, an admin.
"""

from typing import NamedTuple

# What the answer is. An address that leads elsewhere (302) has done what it was asked for.
YES, SIGN_IN, NO, GONE, BAD = "yes", "sign in", "no", "not there", "not so"
# A form that comes back with what is wrong in it: it may be sent.
FORM = "form"
# What moderators are given in admin, beside `is_staff`: all of moderation, and this.
MODERATES = (
    "accounts.view_account",
    "accounts.view_profile",
    "accounts.change_profile",
    "posts.view_post",
    "posts.delete_post",
)
ALL = (YES,) * 5
NOBODY = (NO,) * 5
SIGNED_IN = (SIGN_IN, YES, YES, YES, YES)
STAFF = (SIGN_IN, SIGN_IN, SIGN_IN, YES, YES)
ADMIN = (SIGN_IN, SIGN_IN, SIGN_IN, NO, YES)
NO_STAFF = (SIGN_IN, SIGN_IN, SIGN_IN, NO, NO)
# Nobody else is told that it is there.
OWN = (SIGN_IN, GONE, YES, GONE, GONE)
# Of a second factor that nobody of them has.
NOT_ON = (SIGN_IN, GONE, GONE, GONE, GONE)
NO_SUCH = (SIGN_IN, SIGN_IN, SIGN_IN, GONE, GONE)


class Row(NamedTuple):
    """A way to ask: the route, the method, an example of it, and what each gets."""

    route: str
    method: str
    path: str
    who: tuple[str, ...]
    form: tuple[tuple[str, str], ...] = ()


def get(route: str, path: str, who: tuple[str, ...]) -> Row:
    """Return a row of a page."""
    return Row(route, "GET", path, who)


def post(route: str, path: str, who: tuple[str, ...], **form: str) -> Row:
    """Return a row of a form that is sent."""
    return Row(route, "POST", path, who, tuple(form.items()))


PAGES = [
    # --- What everybody reads ---
    get("", "/", ALL),
    get("public", "/public", ALL),
    get("@<str:username>", "/@ada", ALL),
    get("@<str:username>/followers", "/@ada/followers", ALL),
    get("@<str:username>/following", "/@ada/following", ALL),
    get("@<str:username>/<int:post_id>", "/@ada/{post}", ALL),
    get("posts/<int:post_id>", "/posts/{post}", ALL),
    get("tags/<str:tag>", "/tags/rooks", ALL),
    get("trending", "/trending", ALL),
    get("search", "/search?q=rooks", ALL),
    get("@<str:username>/feed.<feed:form>", "/@ada/feed.atom", ALL),
    get("tags/<str:tag>/feed.<feed:form>", "/tags/rooks/feed.json", ALL),
    get("topics", "/topics", ALL),
    get("events/", "/events/", ALL),
    get("health/live", "/health/live", ALL),
    get("health/ready", "/health/ready", ALL),
    get("media/<picture:name>", "/media/pictures/0.webp", (GONE,) * 5),
    # --- Being somebody ---
    get("accounts/sign-up", "/accounts/sign-up", ALL),
    get("accounts/sign-in", "/accounts/sign-in", ALL),
    post("accounts/sign-out", "/accounts/sign-out", ALL),
    get("accounts/password", "/accounts/password", SIGNED_IN),
    post("accounts/password", "/accounts/password", SIGNED_IN, oldpassword="wrong"),
    get("accounts/password/set", "/accounts/password/set", SIGNED_IN),
    get("accounts/password/reset", "/accounts/password/reset", ALL),
    post("accounts/password/reset", "/accounts/password/reset", ALL, email="x@example.org"),
    get("accounts/password/reset/sent", "/accounts/password/reset/sent", ALL),
    get(
        "accounts/^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        "/accounts/password/reset/1-forged",
        ALL,
    ),
    get("accounts/password/reset/done", "/accounts/password/reset/done", ALL),
    get("accounts/email", "/accounts/email", SIGNED_IN),
    get("accounts/email/sent", "/accounts/email/sent", ALL),
    get(r"accounts/^email/(?P<key>[-:\w]+)$", "/accounts/email/forged", ALL),
    get("accounts/inactive", "/accounts/inactive", ALL),
    get("accounts/again", "/accounts/again", SIGNED_IN),
    get("accounts/sessions", "/accounts/sessions", SIGNED_IN),
    post("accounts/sessions", "/accounts/sessions", SIGNED_IN, end="others"),
    get("accounts/preferences", "/accounts/preferences", SIGNED_IN),
    post("accounts/preferences", "/accounts/preferences", SIGNED_IN, theme="dark"),
    *(
        get(f"accounts/second-factor/{rest}", f"/accounts/second-factor/{rest}", who)
        for rest, who in (
            ("", SIGNED_IN),
            # Who has not said a password just now is led to where one does.
            ("authenticate/", ALL),
            ("reauthenticate/", SIGNED_IN),
            ("totp/activate/", SIGNED_IN),
            ("totp/deactivate/", NOT_ON),
            ("recovery-codes/", NOT_ON),
            ("recovery-codes/generate/", SIGNED_IN),
            ("recovery-codes/download/", NOT_ON),
            ("webauthn/", SIGNED_IN),
            ("webauthn/add/", SIGNED_IN),
            ("webauthn/reauthenticate/", SIGNED_IN),
            ("webauthn/login/", ALL),
        )
    ),
    *(
        get(
            f"accounts/second-factor/webauthn/keys/<int:pk>/{rest}/",
            f"/accounts/second-factor/webauthn/keys/1/{rest}/",
            SIGNED_IN,
        )
        for rest in ("remove", "edit")
    ),
    get("accounts/profile", "/accounts/profile", SIGNED_IN),
    post("accounts/profile", "/accounts/profile", SIGNED_IN, name="A new name"),
    get("accounts/data/", "/accounts/data/", SIGNED_IN),
    post("accounts/data/archive", "/accounts/data/archive", SIGNED_IN),
    # There is none, of anybody.
    get("accounts/data/archive.zip", "/accounts/data/archive.zip", NOT_ON),
    get("accounts/data/delete", "/accounts/data/delete", SIGNED_IN),
    post("accounts/data/delete", "/accounts/data/delete", SIGNED_IN, username="nobody"),
    # The token in the address is the right to it: whose receipt it is cannot sign in.
    get("accounts/deleted/<str:token>", "/accounts/deleted/forged", (GONE,) * 5),
    # --- Writing ---
    get("posts/new", "/posts/new", SIGNED_IN),
    post("posts/", "/posts/", SIGNED_IN, text="hello"),
    post("posts/pictures", "/posts/pictures", SIGNED_IN),
    post("posts/<int:post_id>/like", "/posts/{post}/like", SIGNED_IN),
    post("posts/<int:post_id>/unlike", "/posts/{post}/unlike", SIGNED_IN),
    post("posts/<int:post_id>/repost", "/posts/{post}/repost", SIGNED_IN),
    post("posts/<int:post_id>/unrepost", "/posts/{post}/unrepost", SIGNED_IN),
    post("posts/<int:post_id>/bookmark", "/posts/{post}/bookmark", SIGNED_IN),
    post("posts/<int:post_id>/unbookmark", "/posts/{post}/unbookmark", SIGNED_IN),
    get("bookmarks", "/bookmarks", SIGNED_IN),
    get("drafts", "/drafts", SIGNED_IN),
    post("drafts/keep", "/drafts/keep", SIGNED_IN, text="hello"),
    get("drafts/<int:draft_id>", "/drafts/{draft}", OWN),
    get("drafts/<int:draft_id>/discard", "/drafts/{draft}/discard", OWN),
    post("drafts/<int:draft_id>/discard", "/drafts/{draft}/discard", OWN),
    post("posts/<int:post_id>/pin", "/posts/{post}/pin", (SIGN_IN, NO, YES, NO, NO)),
    post("posts/<int:post_id>/unpin", "/posts/{post}/unpin", SIGNED_IN),
    get("posts/<int:post_id>/edit", "/posts/{post}/edit", (SIGN_IN, NO, YES, NO, NO)),
    post("posts/<int:post_id>/edit", "/posts/{post}/edit", (SIGN_IN, NO, YES, NO, NO), text="new"),
    get("posts/<int:post_id>/history", "/posts/{post}/history", ALL),
    # Moderators delete in admin, where the audit log has it.
    post("posts/<int:post_id>/delete", "/posts/{post}/delete", (SIGN_IN, NO, YES, NO, NO)),
    # --- Polls: who asks does not vote ---
    get("polls/<int:post_id>", "/polls/{post}", ALL),
    post(
        "polls/<int:post_id>/vote",
        "/polls/{post}/vote",
        (SIGN_IN, YES, BAD, YES, YES),
        **{"poll-{post}": "0"},
    ),
    post("@<str:username>/follow", "/@ada/follow", (SIGN_IN, YES, BAD, YES, YES)),
    post("@<str:username>/unfollow", "/@ada/unfollow", SIGNED_IN),
    get("notifications", "/notifications", SIGNED_IN),
    # --- Moderation, for accounts ---
    get("moderation/people", "/moderation/people", SIGNED_IN),
    get(
        "moderation/people/<str:username>", "/moderation/people/ada", (SIGN_IN, YES, BAD, YES, YES)
    ),
    post(
        "moderation/people/<str:username>",
        "/moderation/people/ada",
        (SIGN_IN, YES, BAD, YES, YES),
        do="block",
    ),
    post(
        "moderation/people/<str:username>/report",
        "/moderation/people/ada/report",
        (SIGN_IN, YES, BAD, YES, YES),
        reason="spam",
    ),
    post(
        "moderation/posts/<int:post_id>/report",
        "/moderation/posts/{post}/report",
        (SIGN_IN, YES, BAD, YES, YES),
        reason="spam",
    ),
    get("moderation/standing", "/moderation/standing", SIGNED_IN),
    post("moderation/standing/read", "/moderation/standing/read", SIGNED_IN, up_to="1"),
    # The token in the address is the right to it: who is suspended cannot sign in.
    get("moderation/appeals/<str:token>", "{appeal}", ALL),
    get("moderation/appeals/<str:token>", "/moderation/appeals/forged", (GONE,) * 5),
    # --- For operators ---
    get("metrics", "/metrics", (NO, NO, NO, YES, YES)),
    get("admin/units/", "/admin/units/", STAFF),
    get("admin/topology/", "/admin/topology/", ADMIN),
    get("admin/topology/now", "/admin/topology/now", ADMIN),
]

# --- Admin: what is not about rows ---
DESK = [
    get("admin/", "/admin/", STAFF),
    get("admin/login/", "/admin/login/", (SIGN_IN, NO, NO, YES, YES)),
    post("admin/logout/", "/admin/logout/", ALL),
    get("admin/password_change/", "/admin/password_change/", STAFF),
    get("admin/password_change/done/", "/admin/password_change/done/", STAFF),
    get("admin/autocomplete/", "/admin/autocomplete/", NO_STAFF),
    get("admin/jsi18n/", "/admin/jsi18n/", STAFF),
    get("admin/r/<path:content_type_id>/<path:object_id>/", "/admin/r/1/1/", NO_SUCH),
    get("admin/accounts/account/<id>/password/", "/admin/accounts/account/{ada}/password/", ADMIN),
    get("admin/APP/", "/admin/posts/", STAFF),
    get("admin/(?P<url>.*)$", "/admin/no/such/page/", NO_SUCH),
]


class Rows(NamedTuple):
    """A table in admin: who may look, add, open one, change it, delete it.

    Of moderator and admin; everybody else is asked to sign in.
    """

    model: str
    row: str
    look: tuple[str, str]
    add: tuple[str, str]
    one: tuple[str, str]
    change: tuple[str, str]
    delete: tuple[str, str]


BOTH, NEITHER, ADMINS = (YES, YES), (NO, NO), (NO, YES)
NO_PAGE = (GONE, GONE)

TABLES = [
    #    model                        row         look    add      one      change   delete
    Rows("accounts.account", "{ada}", BOTH, NEITHER, BOTH, ADMINS, NEITHER),
    Rows("accounts.profile", "{ada}", BOTH, NEITHER, BOTH, BOTH, NEITHER),
    Rows("api.application", "{application}", ADMINS, NEITHER, ADMINS, NEITHER, ADMINS),
    Rows("auth.group", "{group}", ADMINS, ADMINS, ADMINS, ADMINS, ADMINS),
    Rows("events.event", "{event}", ADMINS, NEITHER, ADMINS, NEITHER, NEITHER),
    Rows("events.deadletter", "{letter}", ADMINS, NEITHER, ADMINS, NEITHER, NEITHER),
    Rows("moderation.action", "{action}", BOTH, NEITHER, BOTH, NEITHER, NEITHER),
    Rows("moderation.appeal", "{appealed}", BOTH, NEITHER, BOTH, BOTH, NEITHER),
    Rows("moderation.case", "{case}", BOTH, NEITHER, BOTH, BOTH, NEITHER),
    Rows("moderation.rule", "{rule}", BOTH, BOTH, BOTH, BOTH, BOTH),
    Rows("moderation.suspension", "{wren}", BOTH, NEITHER, BOTH, NEITHER, NEITHER),
    Rows("notifications.notification", "{note}", ADMINS, NEITHER, ADMINS, NEITHER, NEITHER),
    Rows("plugins.fault", "{fault}", ADMINS, NEITHER, ADMINS, NEITHER, NEITHER),
    Rows("plugins.switch", "feeds", ADMINS, NEITHER, ADMINS, NEITHER, NEITHER),
    Rows("posts.post", "{post}", BOTH, NEITHER, BOTH, NEITHER, BOTH),
    Rows("sharding.bucket", "7", ADMINS, NEITHER, ADMINS, NEITHER, NEITHER),
    Rows("webhooks.delivery", "{delivery}", ADMINS, NEITHER, ADMINS, NEITHER, NEITHER),
    Rows("webhooks.webhook", "{webhook}", ADMINS, ADMINS, ADMINS, ADMINS, ADMINS),
]


def rows_of(table: Rows) -> list[Row]:
    """Return the rows of a table's addresses in admin."""
    app, model = table.model.split(".")
    base, one = f"admin/{app}/{model}/", "<path:object_id>"
    begin = f"/{base}"

    def staff(pair: tuple[str, str]) -> tuple[str, ...]:
        return (SIGN_IN, SIGN_IN, SIGN_IN, *pair)

    return [
        get(base, begin, staff(table.look)),
        get(f"{base}add/", f"{begin}add/", staff(table.add)),
        get(f"{base}{one}/change/", f"{begin}{table.row}/change/", staff(table.one)),
        post(f"{base}{one}/change/", f"{begin}{table.row}/change/", staff(table.change)),
        get(f"{base}{one}/delete/", f"{begin}{table.row}/delete/", staff(table.delete)),
        get(f"{base}{one}/history/", f"{begin}{table.row}/history/", staff(table.one)),
        get(f"{base}{one}/", f"{begin}{table.row}/", staff(BOTH)),
    ]


ROWS = [*PAGES, *DESK, *(row for table in TABLES for row in rows_of(table))]

# --- What browsers may subscribe to, over /ws/ and /events/ ---
EVERYBODY, THEMSELVES, OPERATORS = (
    "everybody",
    "signed-in accounts, each for itself",
    "operators: whoever may look at the bucket map",
)
TOPICS = {
    "arrivals": THEMSELVES,
    "home": THEMSELVES,
    "home-deleted": THEMSELVES,
    "home-edited": THEMSELVES,
    "notifications": THEMSELVES,
    "notified": THEMSELVES,
    "poll": EVERYBODY,
    "post": EVERYBODY,
    "public": EVERYBODY,
    "public-deleted": EVERYBODY,
    "public-edited": EVERYBODY,
    "topology": OPERATORS,
}
