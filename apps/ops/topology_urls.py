from django.urls import path

from apps.ops import topology

app_name = "topology"
urlpatterns = [
    path("", topology.page, name="page"),
    path("now", topology.now, name="now"),
]
