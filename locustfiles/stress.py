"""The stress test: 2,500 visitors, growing to 10,000, then 500; for 2, 5 and 2 min.

    locust -f locustfiles/stress.py --headless --host http://127.0.0.1:8000 --processes 8

Or `manage.py loadtest stress`, which prepares the visitors' sessions too. See docs/load.md.
"""

from recording import Schedule
from visitors import Member, Reader  # noqa: F401  (locust looks for them here)

from apps.loadtest.profiles import STRESS


class Stress(Schedule):
    """The visitors of the stress test."""

    profile = STRESS
