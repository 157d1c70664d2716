from django.urls import path

from apps.bundled.polls import views

app_name = "polls"
urlpatterns = [
    path("polls/<int:post_id>", views.show, name="show"),
    path("polls/<int:post_id>/vote", views.vote, name="vote"),
]
