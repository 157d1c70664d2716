"""What the pages of staff have in common: rows about accounts, each on a page to be decided."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.accounts import selectors as accounts
from apps.accounts.errors import NoSuchAccount
from apps.bundled.moderation import actions
from apps.bundled.moderation.models import Action
from apps.kernel import cursors
from apps.sharding.admin import ScatterAdmin, ScatterChangeList


class NamedChangeList(ScatterChangeList):
    """A list that knows the names of the accounts in it: one query a shard for all."""

    def get_results(self, request: HttpRequest) -> None:
        """Fetch one page, and the names on it."""
        super().get_results(request)
        found = names({pk for row in self.result_list for pk in _accounts_in(row)})
        for row in self.result_list:
            row.names = found


class AboutAccounts(ScatterAdmin):
    """Rows about accounts, over all shards; looked at, and found by id or @username."""

    search_fields: ClassVar[tuple[str, ...]] = ("=id", "=account_id")
    search_help_text = "An id, or @username"

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        """Return the list that knows names."""
        return NamedChangeList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Find an account's rows by @username, otherwise by id."""
        if not search_term.startswith("@"):
            return super().get_search_results(request, queryset, search_term)
        try:
            account = accounts.account_named(search_term[1:])
        except NoSuchAccount:
            return queryset.none(), False
        return queryset.filter(account_id=account.pk), False

    @admin.display(description="account")
    def account(self, row: Any) -> str:
        """Who it is about."""
        return str(row.names[row.account_id])

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody edits rows: what staff may do are the decisions on their pages."""
        return False

    def may_decide(self, request: HttpRequest) -> bool:
        """Whoever may change such rows by Django's permissions."""
        return bool(request.user.has_perm(f"moderation.change_{self.opts.model_name}"))

    def page(self, request: HttpRequest, row: Any, template: str, **context: Any) -> HttpResponse:
        """Show one row on a page of its own."""
        found = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "list_url": f"admin:moderation_{self.opts.model_name}_changelist",
            "title": str(row).capitalize(),
            "row": row,
            "account": accounts.cards_of([row.account_id]).get(row.account_id),
            "earlier": lines(actions.of_account(row.account_id, limit=20)),
            "may_decide": self.may_decide(request),
            **context,
        }
        bound = context.get("form") is not None and context["form"].is_bound
        return render(request, template, found, status=422 if bound else 200)

    def listed(self, request: HttpRequest, said: str) -> HttpResponse:
        """Go back to the list, saying what was done."""
        self.message_user(request, said, messages.SUCCESS)
        return redirect(f"admin:moderation_{self.opts.model_name}_changelist")

    def row_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row of an address that staff may look at."""
        row_id = int(object_id) if object_id.isdecimal() else 0
        found = 0 < row_id <= cursors.LARGEST_ID and self.model.objects.filter(id=row_id).first()
        if not found or not self.has_view_permission(request, found):
            raise Http404("This is not there (any more).")
        return found


def lines(found: Sequence[Action]) -> list[dict[str, Any]]:
    """Return lines of the audit log with the names that are in them."""
    by = names([action.by_id for action in found])
    return [
        {
            "action": action,
            "by": by[action.by_id],
            "url": reverse("admin:moderation_action_change", args=[action.pk]),
        }
        for action in found
    ]


def names(account_ids: Collection[int | None]) -> dict[int | None, str]:
    """Return how staff read of accounts, with one query a shard; of None nothing."""
    cards = accounts.cards_of({pk for pk in account_ids if pk is not None})
    return {
        pk: f"@{cards[pk].username}" if pk in cards else f"account {pk}"
        for pk in account_ids
        if pk is not None
    } | {None: ""}


def _accounts_in(row: Any) -> list[int]:
    return [row.account_id, getattr(row, "by_id", row.account_id)]
