"""HTTP: `gunicorn project.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

application = get_wsgi_application()

from apps.caching import code  # noqa: E402  (the apps are there only now)
from apps.plugins import hearing  # noqa: E402

hearing.begin("web")
# It reads all files of the program, which is not for the first readers to wait for.
code.fingerprint()
