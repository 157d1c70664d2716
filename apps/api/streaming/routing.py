"""The addresses of streams, which the push process answers itself."""

from django.urls import path, re_path

from apps.api.streaming.sockets import StreamSocket
from apps.api.streaming.sse import EventStream

websockets = [re_path(r"^api/v1/streaming/?$", StreamSocket.as_asgi())]
streams = [path("api/v1/streaming/<path:stream>", EventStream.as_asgi())]
