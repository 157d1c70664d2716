from django.urls import path

from apps.erasure import views

app_name = "erasure"
urlpatterns = [
    path("data/delete", views.delete, name="delete"),
    path("deleted/<str:token>", views.receipt, name="receipt"),
]
