"""Runs a program behind the others: `python -m apps.cluster.behind celery …`.

On Linux a session is a group, groups get even shares of the cores, and a nice value counts among
the programs of one session only (autogroup in `man 7 sched`). A program that has a session of its
own is behind others only where its group is.
"""

import os
import sys
import time
from pathlib import Path

# As `nice -n 5`: about a third of what another program gets.
NICE = 5
GROUP = Path("/proc/self/autogroup")
# Who is not root may change one group in a tenth of a second.
PATIENCE_SECONDS = 3.0


def step_back() -> None:
    """Have this process, and the session that it leads, take a smaller share of the cores."""
    os.nice(NICE)
    # In a session of somebody else's, the others would step back too; elsewhere there are none.
    if os.getsid(0) == os.getpid() and GROUP.exists():
        _step_back(time.monotonic() + PATIENCE_SECONDS)


def _step_back(until: float) -> None:
    while time.monotonic() < until:
        try:
            GROUP.write_text(str(NICE))
        except BlockingIOError:
            time.sleep(0.1)
        except OSError:
            # A container may show it read-only: then it takes its even share.
            return
        else:
            return


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("Say what to run: python -m apps.cluster.behind PROGRAM [ARGUMENTS]")
    step_back()
    try:
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606
    except OSError as error:
        sys.exit(f"{sys.argv[1]} cannot be run: {error.strerror}.")
