from django.contrib.auth.views import LogoutView
from django.urls import path

from apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-up", views.sign_up, name="sign-up"),
    path("sign-in", views.SignIn.as_view(), name="sign-in"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("preferences", views.preferences, name="preferences"),
    path("sessions", views.sessions, name="sessions"),
    path("profile", views.profile_edit, name="profile-edit"),
]
