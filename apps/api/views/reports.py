"""Telling staff of an account, or of what it wrote."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.requests import account_of
from apps.api import hooks, params
from apps.api.endpoints import endpoint
from apps.api.entities import accounts, shapes
from apps.api.errors import Invalid, NotFound, NotPossible
from apps.plugins import calls
from apps.posts import cards

MOST_POSTS = 20
MOST_COMMENT = 1000


@endpoint("write:reports")
def report(request: HttpRequest) -> dict[str, Any]:
    """Report an account, or posts of it that one sees."""
    said, reporter_id = params.of(request), account_of(request).pk
    account_id, comment = said.id("account_id") or 0, said.text("comment").strip()
    target = accounts.one(account_id)
    if len(comment) > MOST_COMMENT:
        raise Invalid(f"Comment is too long (maximum is {MOST_COMMENT} characters)")
    fields: dict[str, Any] = {
        "account_id": account_id,
        "post_ids": _seen(said.ids("status_ids", MOST_POSTS), account_id, reporter_id),
        "category": said.text("category", "other"),
        "comment": comment,
    }
    if not any(calls.ask(hooks.take_report, reporter_id=reporter_id, **fields)):
        raise NotPossible("This site takes no reports.")
    return _entity(fields, target)


def _seen(asked: list[int], author_id: int, viewer_id: int) -> list[int]:
    """Return the posts that are reported; raises NotFound where one is not there."""
    shown = cards.listed(asked, viewer_id=viewer_id, asked=True)
    found = [post.id for post in shown if post.stored.author_id == author_id]
    if len(found) < len(asked):
        raise NotFound
    return found


def _entity(fields: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": target["id"],
        "action_taken": False,
        "action_taken_at": None,
        "category": fields["category"],
        "comment": fields["comment"],
        "forwarded": False,
        "created_at": shapes.stamp(timezone.now()),
        "status_ids": [str(pk) for pk in fields["post_ids"]],
        "rule_ids": [],
        "target_account": target,
    }
