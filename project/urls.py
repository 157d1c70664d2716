"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from apps.plugins import addresses

admin.site.site_header = admin.site.site_title = f"{settings.SITE_NAME} administration"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("apps.ops.urls")),
    path("", include("apps.push.urls")),
    path("accounts/", include("apps.accounts.urls")),
    path("accounts/", include("apps.accounts.identity_urls")),
    path("accounts/data/", include("apps.archives.urls")),
    path("accounts/", include("apps.erasure.urls")),
    path("", include("apps.pictures.urls")),
    path("", include("apps.posts.urls")),
    path("", include("apps.follows.urls")),
    path("", include("apps.notifications.urls")),
    path("", include("apps.timelines.urls")),
    path("", include("apps.api.urls")),
    path("admin/units/", include("apps.grid.urls")),
    path("admin/topology/", include("apps.ops.topology_urls")),
    path("admin/", admin.site.urls),
    *addresses.urlpatterns(),
]

# Django looks for this name.
handler500 = "project.refusals.broken"
