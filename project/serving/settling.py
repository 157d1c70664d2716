"""What a worker does before its first request, so that no visitor waits for it.

Where a server does not answer, a worker begins a moment later, and without it.
"""

import gc
import sys
import threading
from concurrent.futures import Executor, wait
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from django.template import TemplateDoesNotExist, loader
from django.template.exceptions import TemplateSyntaxError
from django.urls import reverse
from django.utils import translation

from apps.plugins import threads as plugins
from apps.replication import positions

# To open a connection takes 10 ms, of which 6 ms are the worker's own CPU: 50 of them on a machine
# that others use take a second and more, and who asks before they are there may ask in vain.
CONNECT_SECONDS = 5.0
# As many of the threads that plugins are called on: one serves most pages, two a burst of them.
PLUGIN_THREADS = 2
# One search for garbage in so many is a full one, where it is one in ten by itself.
FULL_SEARCHES = 50
# A shorter turn helps no more, and costs those who compute.
TURN_SECONDS = 0.0002


def make_ready() -> None:
    """Make what is else made at first use: addresses, texts in each language, templates."""
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            reverse("timelines:home")
            translation.gettext("Home")
    for name in _templates():
        try:
            loader.get_template(name)
        except (TemplateDoesNotExist, TemplateSyntaxError):
            # Whoever asks for it is told; the other pages are served.
            continue


def connect(threads: Executor, count: int) -> None:
    """Have each of so many threads open its connection to each server.

    The first page of a thread would open six of them, one after the other, and those come when many
    are asked for at once. What a server that hangs keeps waiting goes on without being waited for.
    Nor are the threads of plugins, which would open as many, and begin after them.
    """
    all_begun, away = threading.Barrier(count), set[str]()

    def begin() -> None:
        all_begun.wait(CONNECT_SECONDS)
        open_each()

    def open_each() -> None:
        for alias in connections:
            if alias not in away:
                try:
                    positions.ask(alias)
                except (DatabaseError, InterfaceError):
                    away.add(alias)

    wait([threads.submit(begin) for _ in range(count)], CONNECT_SECONDS)
    plugins.begin(PLUGIN_THREADS, open_each)


def take_turns() -> None:
    """Have a thread that computes hand the interpreter's lock on after 0.2 ms, in place of 5.

    A page asks servers some forty times, and after each answer its thread waits for the lock until
    the turn of whoever computes is over (`benchmarks/turns.py`).
    """
    sys.setswitchinterval(TURN_SECONDS)


def freeze() -> None:
    """Look for garbage once, and then no more among what is left.

    A full search of the 190,000 objects of a program that has begun takes 95 ms, in which the
    process answers nobody, and it finds nothing: they all live as long as the process.
    """
    gc.collect()
    gc.freeze()


def search_seldom() -> None:
    """Have a process look for garbage among all that came since it began five times less often.

    That takes a busy web worker 10 to 25 ms every 20 s, and finds some 3,000 objects.
    """
    youngest, middle, _ = gc.get_threshold()
    gc.set_threshold(youngest, middle, FULL_SEARCHES)


def _templates() -> list[str]:
    """Return the names of the project's own templates."""
    base = Path(settings.BASE_DIR)
    folders = [base / "project" / "templates", *(base / "apps").glob("**/templates")]
    return [
        str(path.relative_to(folder))
        for folder in folders
        for path in sorted(folder.rglob("*.html"))
    ]
