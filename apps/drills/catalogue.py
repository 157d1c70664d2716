"""All drills, by name."""

from apps.drills.drill import Drill
from apps.drills.errors import DrillError
from apps.drills.plugs import buckets, grid, machine, programs, servers

DRILLS: dict[str, Drill] = {
    drill.name: drill
    for plug in (servers, grid, programs, buckets, machine)
    for drill in plug.DRILLS
}


def named(name: str) -> Drill:
    """Return a drill; raises DrillError."""
    if name not in DRILLS:
        raise DrillError(f"There is no drill {name}. `manage.py drill list` names them.")
    return DRILLS[name]
