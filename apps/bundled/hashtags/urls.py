from django.urls import path

from apps.bundled.hashtags import views

app_name = "hashtags"
urlpatterns = [
    path("trending", views.trending, name="trending"),
    path("tags/<str:tag>", views.tag, name="tag"),
]
