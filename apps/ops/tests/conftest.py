import pytest

from apps.grid import units
from apps.ops import sampling


@pytest.fixture(autouse=True)
def _nothing_kept():
    """No snapshot of an earlier test says how servers are."""
    keys = (sampling.LEASE, sampling.LATEST, sampling.SERIES)
    units.server().delete(*keys)
    yield
    units.server().delete(*keys)
