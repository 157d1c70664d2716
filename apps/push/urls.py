from django.urls import path

from apps.push import views

app_name = "push"
urlpatterns = [
    path("topics", views.topics, name="topics"),
    path("events/", views.events, name="events"),
]
