"""A cluster of its own for a benchmark, under .rookery-bench, gone afterwards.

Servers keep fsync and synchronous commit: what is measured is what a site would do.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".rookery-bench"
sys.path.insert(0, str(ROOT))


@contextmanager
def cluster(shards: int = 2, home: Path = HOME) -> Iterator[None]:
    """Bring servers up, migrate them and set Django up; take all down and away at the end."""
    from apps.cluster.embedded import Cluster
    from apps.cluster.plan import Shape

    # One account posts here as many do elsewhere, so limits are off.
    os.environ.update(
        ROOKERY_HOME=str(home), ROOKERY_LIMITS="off", DJANGO_SETTINGS_MODULE="project.settings"
    )
    servers = Cluster(home, lambda _: None, {})
    if home.exists():
        # Left by a benchmark that was killed.
        servers.destroy()
    servers.up(Shape(shards=shards))
    try:
        import django
        from django.core.management import call_command

        django.setup()
        with open(os.devnull, "w") as nowhere:
            call_command("migrate_all", stdout=nowhere)
        yield
    finally:
        from django.db import connections

        connections.close_all()
        servers.destroy()


def free_port() -> int:
    """Return a port that nothing listens on."""
    from apps.cluster.plan import free_ports

    return free_ports(1)[0]
