"""gunicorn for HTTP: `gunicorn --config python:project.serving.web --bind HOST:PORT`."""

import os

from apps.kernel import env
from project.serving.common import *  # noqa: F403  (a configuration is a module's names)

wsgi_app = "project.wsgi"
# Threads: Django over WSGI threads costs a fourth of the CPU that it costs over ASGI (measured).
worker_class = "gthread"
# Python runs one thread at a time, so a worker is a core. Two also where there is one core: while
# one of them is started anew, the other answers.
workers = env.integer(os.environ, "ROOKERY_WEB_WORKERS", 2, 1, 64)
# A thread waits for databases most of the time, so several share a core; each keeps a connection
# to each server it asked, so PostgreSQL's max_connections is the limit: processes x workers x
# threads stays well under 200.
threads = env.integer(os.environ, "ROOKERY_WEB_THREADS", 8, 1, 64)
# Open connections of a worker, most of them idle: with the default (1,000) the 1,001st waits.
worker_connections = 8000
# A worker is replaced after so many requests, so that a leak of 1 kB a request costs 100 MB at
# most; at 500 requests/s that is every three minutes, and not all at once.
max_requests = 100_000
max_requests_jitter = 20_000
