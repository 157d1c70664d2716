from django.urls import path

from apps.archives import views

app_name = "archives"
urlpatterns = [
    path("", views.data, name="data"),
    path("archive", views.ask, name="ask"),
    path("archive.zip", views.fetch, name="fetch"),
]
