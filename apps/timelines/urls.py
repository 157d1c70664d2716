from django.urls import path

from apps.timelines import views

app_name = "timelines"
urlpatterns = [
    path("", views.home, name="home"),
    path("public", views.public, name="public"),
    path("@<str:username>", views.profile, name="profile"),
]
