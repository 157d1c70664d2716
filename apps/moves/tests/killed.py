"""Carries a move on until it comes to a named point, and dies there as by SIGKILL.

python -m apps.moves.tests.killed MOVE POINT
"""

import os
import signal
import sys

import django


def main(number, point):
    django.setup()
    from apps.moves import fencing, mapping, opening
    from apps.moves.models import Move
    from apps.moves.mover import Mover

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def dying_after(module, name):
        real = getattr(module, name)

        def call(*args, **kwargs):
            real(*args, **kwargs)
            die()

        setattr(module, name, call)

    within = {
        "announced": (mapping, "announce"),
        "left": (fencing, "leave"),
        "fenced": (fencing, "fence"),
        "held": (fencing, "hold"),
        "owned": (opening, "own"),
        "flipped": (mapping, "flip"),
        "given up": (fencing, "give_up"),
    }
    if point in within:
        dying_after(*within[point])
    move = Move.objects.get(pk=number)
    Mover(move, lambda one, _: die() if one.step == point else None, keep_seconds=0).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
