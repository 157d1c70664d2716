"""The addresses that the push process answers itself."""

from django.urls import path

from apps.push.sockets import Socket
from apps.push.streams import Stream

websockets = [path("ws/", Socket.as_asgi())]
streams = [path("events/", Stream.as_asgi())]
