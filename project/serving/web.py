"""gunicorn for HTTP: `gunicorn --config python:project.serving.web --bind HOST:PORT`."""

import os

from apps.kernel import env
from project.serving import cores
from project.serving.common import *  # noqa: F403  (a configuration is a module's names)

wsgi_app = "project.web"
# An event loop holds the connections and answers from memory; Django runs on threads beside it.
worker_class = "project.serving.worker.WebWorker"
# Python runs one thread at a time, so a worker is a core. Two also where there is one core: while
# one of them is started anew, the other answers.
workers = env.integer(os.environ, "ROOKERY_WEB_WORKERS", 2, 1, 64)
# A worker keeps to its core, where there are no more of them than workers.
pre_fork, post_fork = cores.choose, cores.keep
# Not by a number of requests: from memory a worker answers 100,000 in seconds.
max_requests = 0
