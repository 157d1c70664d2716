"""The limits that pages are held against: what this machine does of the same kind without us."""

import os
import re
import subprocess
from pathlib import Path

ONE_LINE = """
BODY = b"x" * {size}
HEADERS = [(b"content-type", b"text/html"), (b"content-length", b"{size}")]
async def application(scope, receive, send):
    if scope["type"] == "http":
        await send({{"type": "http.response.start", "status": 200, "headers": HEADERS}})
        await send({{"type": "http.response.body", "body": BODY}})
"""
# Django with nothing of ours, not even a middleware, on as many threads as a web worker has.
ONE_SELECT = """
from django.conf import settings
settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, DATABASES={{"default": {database}}}
)
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import re_path
from apps.edge.threads import Threads

def view(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return HttpResponse(str(cursor.fetchone()[0]))

urlpatterns = [re_path("", view)]
application = Threads(get_wsgi_application(), workers=8)
"""


def write(folder: str, *, size: int) -> None:
    """Write both as modules: `one_line`, with a body of so many bytes, and `one_select`."""
    from django.conf import settings

    shard = settings.DATABASES["shard0"]
    database = {name: shard[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    database |= {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None}
    Path(folder, "one_line.py").write_text(ONE_LINE.format(size=size))
    Path(folder, "one_select.py").write_text(ONE_SELECT.format(database=database))


def pgbench(seconds: float, folder: str) -> float:
    """Return how often a second PostgreSQL answers `SELECT 1` to eight connections of pgbench."""
    from django.conf import settings

    from apps.cluster import programs

    shard, script = settings.DATABASES["shard0"], Path(folder, "select.sql")
    script.write_text("SELECT 1;\n")
    line = [programs.postgres("pgbench"), "-n", "-M", "prepared", "-f", str(script)]
    line += ["-h", shard["HOST"], "-p", str(shard["PORT"]), "-U", shard["USER"]]
    line += ["-c", "8", "-T", str(max(1, int(seconds))), shard["NAME"]]
    environment = os.environ | {"PGPASSWORD": shard["PASSWORD"]}
    said = subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([\d.]+)", said)
    assert found, said
    return float(found[1])
