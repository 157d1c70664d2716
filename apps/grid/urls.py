from django.urls import path

from apps.grid import views

app_name = "grid"
urlpatterns = [path("", views.units_page, name="units")]
