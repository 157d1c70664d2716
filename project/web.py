"""HTTP for the web process: pages from memory, and Django on threads for all else."""

import os
from typing import Any, cast

from apps.kernel import env
from project.wsgi import application as django

# The apps are there only now.
from django.conf import settings  # isort: skip
from apps.edge.asgi import Edge  # isort: skip
from apps.edge.threads import Threads  # isort: skip

# A thread waits for databases most of the time, so several share a core; each keeps a connection
# to each server, as two that plugins are called on do, so PostgreSQL's max_connections is the
# limit of processes x workers x threads.
THREADS = env.integer(os.environ, "ROOKERY_WEB_THREADS", 8, 1, 64)

django_threads = Threads(cast(Any, django), workers=THREADS)
application = Edge(cast(Any, django_threads), most_bytes=settings.EDGE_BYTES)
