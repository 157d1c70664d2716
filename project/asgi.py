"""WebSockets and server-sent events: the push process runs this."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django = get_asgi_application()

from django.conf import settings  # noqa: E402  (the apps are there only now)

from apps.api.streaming import routing as api  # noqa: E402
from apps.caching import code  # noqa: E402
from apps.grid import announcing  # noqa: E402
from apps.plugins import hearing  # noqa: E402
from apps.push import routing  # noqa: E402
from apps.tracing import sockets  # noqa: E402

hearing.begin("push")
# It reads all files of the program, which is not for the first hundred sockets to wait for.
code.fingerprint()

# A page of another site may not use a browser's cookies here; a token it may.
_browsers = OriginValidator(URLRouter(routing.websockets), [settings.SITE_URL])
_protocols = ProtocolTypeRouter(
    {
        "http": URLRouter(
            [*routing.streams, *api.streams, re_path("", django)]  # type: ignore[arg-type]
        ),
        "websocket": URLRouter([*api.websockets, re_path("", _browsers)]),  # type: ignore[arg-type]
    }
)
application = announcing.asgi(sockets.asgi(_protocols), "push")
