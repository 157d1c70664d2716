from django.urls import path

from apps.posts import drawer, uploads, views

app_name = "posts"
urlpatterns = [
    path("posts/new", views.compose, name="compose"),
    path("posts/pictures", uploads.upload, name="upload"),
    path("posts/", views.publish, name="publish"),
    path("posts/<int:post_id>", views.permalink, name="permalink"),
    path("posts/<int:post_id>/like", views.like, name="like"),
    path("posts/<int:post_id>/unlike", views.unlike, name="unlike"),
    path("posts/<int:post_id>/repost", views.repost, name="repost"),
    path("posts/<int:post_id>/unrepost", views.unrepost, name="unrepost"),
    path("posts/<int:post_id>/bookmark", views.bookmark, name="bookmark"),
    path("posts/<int:post_id>/unbookmark", views.unbookmark, name="unbookmark"),
    path("posts/<int:post_id>/pin", views.pin, name="pin"),
    path("posts/<int:post_id>/unpin", views.unpin, name="unpin"),
    path("posts/<int:post_id>/edit", views.edit, name="edit"),
    path("posts/<int:post_id>/history", views.history, name="history"),
    path("bookmarks", views.bookmarks, name="bookmarks"),
    path("drafts", drawer.listed, name="drafts"),
    path("drafts/keep", drawer.keep, name="keep"),
    path("drafts/<int:draft_id>", drawer.opened, name="draft"),
    path("drafts/<int:draft_id>/discard", drawer.discard, name="discard"),
    path("posts/<int:post_id>/delete", views.delete, name="delete"),
    path("@<str:username>/<int:post_id>", views.thread, name="thread"),
]
