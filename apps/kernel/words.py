"""Words that nobody else has said: one of this process', and a number.

Asking the system for random ones is slower, and lets go of the interpreter's lock each time.
"""

import os
from itertools import count
from uuid import uuid4

_word, _numbers = uuid4().hex, count()


def unique() -> str:
    """Return a word that no call gave before, in this process or another."""
    return f"{_word}{next(_numbers):x}"


def _after_fork() -> None:
    global _word
    _word = uuid4().hex


os.register_at_fork(after_in_child=_after_fork)
