from django.urls import path

from apps.posts import views

app_name = "posts"
urlpatterns = [
    path("posts/new", views.compose, name="compose"),
    path("posts/", views.publish, name="publish"),
    path("posts/<int:post_id>", views.permalink, name="permalink"),
    path("posts/<int:post_id>/like", views.like, name="like"),
    path("posts/<int:post_id>/unlike", views.unlike, name="unlike"),
    path("posts/<int:post_id>/repost", views.repost, name="repost"),
    path("posts/<int:post_id>/unrepost", views.unrepost, name="unrepost"),
    path("posts/<int:post_id>/delete", views.delete, name="delete"),
    path("@<str:username>/<int:post_id>", views.thread, name="thread"),
]
