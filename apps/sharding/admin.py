"""Django admin over all shards, and the bucket map in it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from apps.kernel import cursors
from apps.kernel.errors import BadCursor
from apps.sharding import shards
from apps.sharding.models import Bucket
from apps.sharding.scatter import Scatter

CURSOR = "before"


class ScatterChangeList(ChangeList):
    """A list merged from all shards by id, paged by cursor."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """Leave the cursor out of what filters the rows."""
        found: dict[str, Any] = super().get_filters_params(params)
        self.cursor = (found.pop(CURSOR, None) or [None])[0]
        return found

    def get_results(self, request: HttpRequest) -> None:
        """Fetch one page; no count and no offset over all shards."""
        try:
            before = cursors.parse(self.cursor)
        except BadCursor:
            before = None
        page = Scatter(self.queryset, by="id").page(limit=self.list_per_page, before=before)
        self.result_list = page.items
        self.next_cursor = page.next_cursor
        self.result_count = len(page.items)
        self.full_result_count = self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(page.items, self.list_per_page)

    def next_link(self) -> str:
        """Return the query string of the next page, empty where there is none."""
        return self.get_query_string({CURSOR: self.next_cursor}) if self.next_cursor else ""


class ScatterAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The admin of a sharded model: lists from all shards, changes on the row's own.

    Rows are made and deleted by the services of their app, so neither is offered here unless a
    subclass does so.
    """

    change_list_template = "sharding/scatter_change_list.html"
    list_per_page = 50
    ordering = ("-id",)
    # The merge is by id, and nothing counts over all shards.
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    actions: tuple[str, ...] | None = None

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        """Return the list that is merged from all shards."""
        return ScatterChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody makes rows by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes rows by hand, unless a subclass knows how."""
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show or save one row in a transaction on its own shard."""
        with shards.pinned(_as_id(object_id)):
            return super().changeform_view(request, object_id, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any) -> HttpResponse:
        """Delete one row in a transaction on its own shard."""
        with shards.pinned(_as_id(object_id)):
            return super().delete_view(request, object_id, *args)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say what goes: the services delete what belongs to it."""
        return [str(obj) for obj in objs], {self.opts.verbose_name_plural: len(objs)}, set(), []


@admin.register(Bucket)
class BucketAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The bucket map, to look at: which shard each bucket lives on."""

    list_display = ("number", "shard")
    list_filter = ("shard",)
    search_fields = ("=number",)
    list_per_page = 128

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There are 1024, always."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A bucket changes its shard by moving its rows, not by editing the map."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """There are 1024, always."""
        return False


def _as_id(object_id: str | None) -> int:
    return int(object_id) if object_id and object_id.isdecimal() else 0
