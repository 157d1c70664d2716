from django.urls import path

from apps.ops import metrics, views

app_name = "ops"
urlpatterns = [
    path("health/live", views.live, name="live"),
    path("health/ready", views.ready, name="ready"),
    path("metrics", metrics.metrics_page, name="metrics"),
]
