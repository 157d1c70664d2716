"""The addresses of WebSockets."""

from django.urls import path

from apps.push.consumers import Listener

urlpatterns = [path("ws/<str:topic>", Listener.as_asgi())]
