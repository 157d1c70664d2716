"""Posts in admin."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest

from apps.accounts import selectors as accounts
from apps.accounts.errors import NoSuchAccount
from apps.posts import services
from apps.posts.errors import NoSuchPost
from apps.posts.models import Post
from apps.sharding.admin import ScatterAdmin


@admin.register(Post)
class PostAdmin(ScatterAdmin):
    """Posts over all shards: searched by words, by id, or by @username; deleted, never edited."""

    list_display = ("id", "author_id", "excerpt", "created_at", "bucket")
    search_fields = ("text", "=id")
    search_help_text = "Words of the text, an id, or @username"
    readonly_fields = ("created_at",)
    actions = ("delete_posts",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Find an author's posts by @username, otherwise search as usual."""
        if not search_term.startswith("@"):
            return super().get_search_results(request, queryset, search_term)
        try:
            author = accounts.account_named(search_term[1:])
        except NoSuchAccount:
            return queryset.none(), False
        return queryset.filter(author_id=author.pk), False

    @admin.display(description="text")
    def excerpt(self, post: Post) -> str:
        """The first words."""
        return post.text[:80] or f"repost of {post.repost_of_id}"

    @admin.action(description="Delete the selected posts", permissions=["delete"])
    def delete_posts(self, request: HttpRequest, queryset: Any) -> None:
        """Delete posts wherever they live."""
        gone = 0
        for post_id in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                services.delete(post_id=int(post_id))
                gone += 1
            except (NoSuchPost, ValueError):
                continue
        self.message_user(request, f"{gone} posts deleted.")

    def delete_model(self, request: HttpRequest, obj: Post) -> None:
        """Delete it with its likes and counts, and tell all timelines."""
        services.delete(post_id=obj.pk)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A moderator deletes; nobody puts words into somebody's mouth."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever has Django's permission for it."""
        return bool(request.user.has_perm("posts.delete_post"))
