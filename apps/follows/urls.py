from django.urls import path

from apps.follows import views

app_name = "follows"
urlpatterns = [
    path("@<str:username>/follow", views.follow, name="follow"),
    path("@<str:username>/unfollow", views.unfollow, name="unfollow"),
]
