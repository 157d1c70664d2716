"""Sleeps for 30 s whenever it is called."""

import time

from apps.plugins.markers import hookimpl


@hookimpl
def column():
    time.sleep(30)
    return "awake"
