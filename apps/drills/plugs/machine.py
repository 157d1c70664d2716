"""Harm to what lies below the servers: their disk, and their clock."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from apps.drills.drill import Drill
from apps.drills.errors import DrillError
from apps.drills.site import Site

BACK = "-1h"
FAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"
# What stands between a disk and its being full; removed, there is room again.
BALLAST = "ballast"


def _wants_small_disk(site: Site) -> None:
    if not os.path.ismount(site.home):
        raise DrillError(
            f"{site.home} is no disk of its own, and this drill fills one to its end. As root: "
            f"`mkdir -p {site.home} && mount -t tmpfs -o size=900m tmpfs {site.home}`, then again; "
            f"afterwards `umount {site.home}`."
        )


def _fill_disk(site: Site) -> None:
    with suppress(OSError), (site.home / BALLAST).open("wb", buffering=0) as ballast:
        while ballast.write(b"\0" * 2**20):
            pass


def _empty_disk(site: Site) -> None:
    (site.home / BALLAST).unlink(missing_ok=True)
    site.await_whole()


def _wants_faketime(site: Site) -> None:
    if site.is_ha:
        raise DrillError("clock-back starts a primary with another clock: without --ha, please.")
    _faketime()


def _faketime() -> Path:
    found = sorted(Path("/").glob(FAKETIME.lstrip("/")))
    if not found:
        raise DrillError("This drill needs libfaketime: `apt-get install libfaketime`.")
    return found[0]


@contextmanager
def _with_clock(offset: str) -> Iterator[None]:
    faked = {"LD_PRELOAD": str(_faketime()), "FAKETIME": offset, "DONT_FAKE_MONOTONIC": "1"}
    os.environ.update(faked)
    try:
        yield
    finally:
        for name in faked:
            del os.environ[name]


def _set_back(site: Site) -> None:
    primary = site.primary()
    primary.stop()
    with _with_clock(BACK):
        primary.start()
    (was, is_now) = (site.servers()[1], primary)
    clocks = [server.ask("SELECT clock_timestamp()")[0][0] for server in (was, is_now)]
    site.notes.append(f"its clock went back by {clocks[0] - clocks[1]}")


def _set_right(site: Site) -> None:
    primary = site.primary()
    primary.stop()
    primary.start()


DRILLS = (
    Drill(
        name="disk-full",
        harms="the disk of all servers is filled to its last byte",
        promises="what was acknowledged is there when there is room again",
        heals="the room is given back, and `cluster up` starts what has stopped",
        harm=_fill_disk,
        heal=_empty_disk,
        hold=8,
        ready=_wants_small_disk,
    ),
    Drill(
        name="clock-back",
        harms="the primary of shard0 is started anew with a clock that is an hour behind",
        promises="no id is given out twice, and none is below an older one of its author",
        heals="it is started anew with the right clock",
        harm=_set_back,
        heal=_set_right,
        hold=5,
        gap=15,
        ready=_wants_faketime,
    ),
)
