"""WebSockets and server-sent events: the push process runs this."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django = get_asgi_application()

from django.conf import settings  # noqa: E402  (the apps are there only now)

from apps.grid import announcing  # noqa: E402
from apps.plugins import hearing  # noqa: E402
from apps.push import routing  # noqa: E402
from apps.tracing import sockets  # noqa: E402

hearing.begin("push")

_protocols = ProtocolTypeRouter(
    {
        "http": URLRouter([*routing.streams, re_path("", django)]),  # type: ignore[arg-type]
        "websocket": OriginValidator(URLRouter(routing.websockets), [settings.SITE_URL]),
    }
)
application = announcing.asgi(sockets.asgi(_protocols), "push")
