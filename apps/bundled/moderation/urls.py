from django.urls import path

from apps.bundled.moderation import views

app_name = "moderation"
urlpatterns = [
    path("moderation/people", views.people, name="people"),
    path("moderation/people/<str:username>", views.person, name="person"),
    path("moderation/people/<str:username>/report", views.report_account, name="report-account"),
    path("moderation/posts/<int:post_id>/report", views.report_post, name="report-post"),
    path("moderation/standing", views.standing, name="standing"),
    path("moderation/standing/read", views.read, name="read"),
    path("moderation/appeals/<str:token>", views.appeal, name="appeal"),
]
