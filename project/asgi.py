"""WebSockets: the push process runs this."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django = get_asgi_application()

from django.conf import settings  # noqa: E402  (the apps are there only now)

from apps.push.routing import urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django,
        "websocket": OriginValidator(URLRouter(urlpatterns), [settings.SITE_URL]),
    }
)
