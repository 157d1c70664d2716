"""Word rules, reports, mute and block, suspensions, a review queue in admin, and appeals."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, include, path
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.accounts.errors import NotAllowed, SignInRefused
from apps.accounts.hooks import Deed, Unseen
from apps.accounts.requests import viewer_of
from apps.accounts.selectors import ProfileCard
from apps.api.hooks import Bonds
from apps.bundled.moderation import (
    actions,
    appeals,
    cases,
    relations,
    reports,
    rules,
    suspensions,
)
from apps.bundled.moderation.errors import AlreadyReported
from apps.bundled.moderation.kinds import Bond, Reason, Treatment
from apps.bundled.moderation.kinds import Deed as Done
from apps.plugins.markers import hookimpl
from apps.posts.cards import Listed
from apps.posts.errors import TextRefused
from apps.posts.hooks import Draft
from apps.posts.moulds import ITSELF, Mould, numbered
from apps.posts.templatetags.moments import spelled_out

# How many pieces of HTML a process keeps ready.
KEPT = 4096
HELD = gettext_lazy("Your post is held for review. It appears when a moderator has looked at it.")


@hookimpl
def urls() -> list[URLPattern | URLResolver]:
    """The pages of reporting, muting, blocking and appealing."""
    return [path("", include("apps.bundled.moderation.urls"))]


# After the filters that change texts: what they make of one is looked at.
@hookimpl(order=900)
def filter_draft(draft: Draft) -> Draft:
    """Refuse or hold what the rules say."""
    found = rules.found_in(draft.words, reviewed=draft.reviewed)
    if found is None:
        return draft
    if found.treatment == Treatment.REFUSE or draft.edits:
        raise TextRefused(found.reason)
    cases.hold(draft, why=found.reason)
    return replace(draft, taken=str(HELD))


@hookimpl(keepable=True)
def unseen_by(viewer_id: int | None) -> Unseen:
    """Nobody sees who is suspended; nor, on either side of it, who is blocked."""
    found = relations.unseen(viewer_id) if viewer_id is not None else Unseen()
    return found._replace(gone=suspensions.suspended())


@hookimpl
def check_deed(deed: Deed) -> None:
    """Who is suspended does nothing; across a block nothing is done."""
    if suspensions.is_suspended(deed.actor_id):
        raise NotAllowed(_("Your account is suspended. Sign in again to read why."))
    if deed.target_id is None or deed.target_id == deed.actor_id:
        return
    found = relations.bonds(deed.target_id)
    if deed.actor_id in found[Bond.BLOCKS]:
        raise NotAllowed(_("This account does not want to hear from you."))
    if deed.actor_id in found[Bond.BLOCKED_BY]:
        raise NotAllowed(_("You block this account. Unblock it first."))


@hookimpl
def check_sign_in(account_id: int) -> None:
    """Who is suspended does not sign in, and learns why."""
    found = suspensions.of(account_id)
    if found is not None:
        said = {"reason": found.reason, "until": spelled_out(found.until) if found.until else ""}
        reason = (
            _("This account is suspended until %(until)s: “%(reason)s”.")
            if found.until
            else _("This account is suspended: “%(reason)s”.")
        )
        url = appeals.url_of(found.action_id)
        raise SignInRefused(reason % said, url, _("Read more, or appeal"))


@hookimpl(keepable=True)
def post_footers(posts: Sequence[Listed], viewer_id: int | None) -> Mapping[int, str]:
    """What a rule marks is marked; who is signed in may report what others wrote."""
    mark_of = rules.marking()
    return {post.id: _footer(post, mark_of(post.text), viewer_id) for post in posts}


@hookimpl(keepable=True)
def profile_part(profile: ProfileCard, viewer_id: int | None) -> str | None:
    """Where one mutes, blocks and reports, and what keeps the posts from being shown."""
    if suspensions.is_suspended(profile.id):
        return _about(profile.username, None, get_language())
    if viewer_id is None or viewer_id == profile.id:
        return None
    found = relations.bonds(viewer_id)
    bonds = frozenset(bond.name.lower() for bond in Bond if profile.id in found[bond])
    return _about(profile.username, bonds, get_language())


@lru_cache(KEPT)
def _about(username: str, bonds: frozenset[str] | None, language: str | None) -> SafeString:
    """Return what a profile says of its bonds with who looks; of who is suspended, that (None)."""
    context = {"username": username, "bonds": bonds or (), "suspended": bonds is None}
    return render_to_string("moderation/_profile.html", context)


@hookimpl
def settings_part(request: HttpRequest) -> str | None:
    """Where one's own lists are."""
    return render_to_string("moderation/_settings.html", {}, request)


@hookimpl(keepable=True)
def notices(request: HttpRequest) -> str | None:
    """What was done to an account, until it was read."""
    viewer_id = viewer_of(request)
    found = actions.notices(viewer_id) if viewer_id is not None else []
    shown = [
        {"id": pk, "deed": Done(deed).label, "reason": reason, "until": until}
        for pk, deed, reason, until in found
    ]
    return (
        render_to_string("moderation/_notices.html", {"notices": shown}, request) if shown else None
    )


@hookimpl
def admin_changed(request: HttpRequest) -> None:
    """Keep what staff change in admin; moderation's own pages say more than that."""
    match, by_id = request.resolver_match, viewer_of(request)
    if by_id is None or match is None or (match.url_name or "").startswith("moderation_"):
        return
    given = [str(value) for value in match.kwargs.values()]
    given += [request.POST.get("action", ""), *request.POST.getlist(ACTION_CHECKBOX_NAME)]
    reason = f"{match.url_name}: {' '.join(filter(None, given))}"[:1000]
    actions.record(account_id=by_id, by_id=by_id, deed=Done.CHANGED, reason=reason)


@hookimpl
def bonds_of(account_id: int) -> Bonds:
    """Whom an account mutes and blocks, for apps."""
    found = relations.bonds(account_id)
    return Bonds(found[Bond.MUTES], found[Bond.BLOCKS], found[Bond.BLOCKED_BY])


@hookimpl
def set_bond(bond: str, owner_id: int, other_id: int, wanted: bool) -> bool:
    """Mute, block and take it back, from apps."""
    change = _CHANGES[bond, wanted]
    change(owner_id=owner_id, other_id=other_id)
    return True


@hookimpl
def take_report(
    reporter_id: int, account_id: int, post_ids: Sequence[int], category: str, comment: str
) -> bool:
    """Reports, from apps."""
    reason = _REASONS.get(category, Reason.OTHER)
    about: Sequence[int | None] = post_ids or [None]
    for post_id in about:
        with suppress(AlreadyReported):
            reports.file(
                reporter_id=reporter_id,
                account_id=account_id,
                post_id=post_id,
                reason=reason,
                comment=comment,
            )
    return True


_REASONS = {"spam": Reason.SPAM, "legal": Reason.ILLEGAL}
_CHANGES = {
    ("mute", True): relations.mute,
    ("mute", False): relations.unmute,
    ("block", True): relations.block,
    ("block", False): relations.unblock,
}


def _footer(post: Listed, mark: str | None, viewer_id: int | None) -> str:
    may_report = viewer_id is not None and not post.mine
    if not (mark or may_report):
        return ""
    return _footer_mould(mark, may_report, get_language() or "").filled(id=str(post.id))


@lru_cache(KEPT)
def _footer_mould(mark: str | None, may_report: bool, language: str) -> Mould:
    context = {"post_id": ITSELF, "mark": mark, "may_report": may_report}
    return numbered(render_to_string("moderation/_footer.html", context), {ITSELF: "id"})
