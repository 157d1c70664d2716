"""What the servers of web and push have in common; each number with its reason."""

import os
from pathlib import Path

from apps.tracing import logs
from project.serving import replacing

# Longer than any proxy before us keeps a connection that it does not use (nginx here: 60 s): the
# side that gives a connection up must be the one that sends requests, or a request is lost.
keepalive = 75
# Connections that wait to be accepted. The kernel's own default (128 before Linux 5.4, now 4096)
# overflows when thousands come back at once.
backlog = 4096
# A worker that has shown no life for so long is killed. Requests do not count, only the loop
# that accepts them: a page may take longer.
timeout = 30
# What is in flight when the process is told to stop may take so long. Everything around it is
# longer: the pod's grace (45 s, of which 10 s go to preStop) and quickstart's own patience.
graceful_timeout = 20
# At SIGHUP the old workers wait for the new ones.
on_reload = replacing.begin
# Signs of life are a file's time: on a real disk that waits for the disk. macOS has no such folder.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# Orders come by signal; a socket for them would need a folder that can be written.
control_socket_disable = True
loglevel = "warning"
logconfig_dict = logs.configuration(
    logs.form("ROOKERY_LOG_FORMAT", os.environ.get("ROOKERY_LOG_FORMAT", "line"))
)
