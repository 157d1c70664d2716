"""Harm to the program's own processes."""

import signal

import psutil

from apps.drills import targets
from apps.drills.drill import Drill
from apps.drills.site import Site


def _kill_web_worker(site: Site) -> None:
    _, *workers = targets.family(psutil.Process(site.crew["web"].pid))
    site.notes.append(f"killed process {workers[0].pid} of {len(workers)}")
    site.signal(signal.SIGKILL, workers[:1])


def _replace_web(site: Site) -> None:
    """As a roll-out does: new workers first, then the old ones finish what they have."""
    site.replace_web()


def _replace_worker(site: Site) -> None:
    site.signal(signal.SIGTERM, [psutil.Process(site.crew["worker"].pid)])
    site.crew["worker"].wait()
    site.start("worker")


DRILLS = (
    Drill(
        name="worker-kill",
        harms="kill -9 of the worker with all that it was delivering",
        promises="each post reaches every timeline, once",
        heals="a new worker; the sweep hands on what the old one had",
        harm=lambda site: site.kill("worker"),
        heal=lambda site: site.start("worker"),
        hold=3,
        gap=5,
        gap_ha=5,
    ),
    Drill(
        name="web-kill",
        harms="kill -9 of one of the two web workers, with the requests that it was answering",
        promises="what it had acknowledged is there, and nothing twice; the other one goes on",
        heals="gunicorn starts another one",
        harm=_kill_web_worker,
        needs_http=True,
        gap=5,
        gap_ha=5,
    ),
    Drill(
        name="rolling-restart",
        harms="all web workers and the Celery worker are replaced by new ones",
        promises="no request fails",
        heals="nothing to heal",
        harm=_replace_web,
        needs_http=True,
        heal=_replace_worker,
        gap=5,
        gap_ha=5,
        flawless=True,
    ),
)
