"""gunicorn for WebSockets: `gunicorn --config python:project.serving.push --bind HOST:PORT`."""

import os

from apps.kernel import env
from project.serving.common import *  # noqa: F403  (a configuration is a module's names)

wsgi_app = "project.asgi"
worker_class = "project.serving.worker.PushWorker"
# Each process hears all that is told, whoever listens there: more of them carry more listeners
# but repeat that work, so a core's worth of listeners first.
workers = env.integer(os.environ, "ROOKERY_PUSH_WORKERS", 1, 1, 64)
# Connections live for hours: a worker that ended after some number of requests would cut them.
max_requests = 0
