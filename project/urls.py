"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.static import serve

from apps.plugins import addresses

admin.site.site_header = admin.site.site_title = f"{settings.SITE_NAME} administration"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.ops.urls")),
    path("", include("apps.push.urls")),
    path("accounts/", include("apps.accounts.urls")),
    path("", include("apps.posts.urls")),
    path("", include("apps.follows.urls")),
    path("", include("apps.notifications.urls")),
    path("", include("apps.timelines.urls")),
    path("admin/units/", include("apps.grid.urls")),
    path("admin/topology/", include("apps.ops.topology_urls")),
    path("admin/", admin.site.urls),
    *addresses.urlpatterns(),
]
if settings.EMBEDDED:
    # In production nginx or the ingress serves pictures from their storage.
    urlpatterns.append(
        re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT})
    )
