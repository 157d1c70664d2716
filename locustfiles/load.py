"""The load test: 25 visitors, growing to 100, then 50; for 30 s, 1 min and 1 min.

    locust -f locustfiles/load.py --headless --host http://127.0.0.1:8000 --report load.html

Or `manage.py loadtest load`, which prepares the visitors' sessions too. See docs/load.md.
"""

from recording import Schedule
from visitors import Member, Reader  # noqa: F401  (locust looks for them here)

from apps.loadtest.profiles import LOAD


class Load(Schedule):
    """The visitors of the load test."""

    profile = LOAD
