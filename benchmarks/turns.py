#!/usr/bin/env python3
"""How long a thread that computes keeps others from going on when their answer has come.

    python benchmarks/turns.py [--seconds 1] [--rounds 3]

A page asks servers some forty times. After each answer its thread needs the interpreter's lock
again, and where another thread computes it waits until that one's turn is over: 5 ms, as Python
comes. For each length of a turn, on one core: how long such a page takes beside a thread that
computes, and how much that one gets done, as a share of what it does with turns of 5 ms. The last
line is the limit: the page with nobody beside it. Rounds are mixed, medians printed.
"""

import argparse
import multiprocessing
import os
import socket
import statistics
import sys
import threading
import time
from typing import NamedTuple

TURNS_MS = (5.0, 2.0, 1.0, 0.5, 0.2)
QUESTIONS = 40


class Shared(NamedTuple):
    """ms that a page takes, and steps that the other thread makes in a second."""

    page_ms: float
    steps: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    here, there = socket.socketpair()
    server = multiprocessing.get_context("fork").Process(target=answer, args=(there,), daemon=True)
    server.start()
    rounds: dict[float, list[Shared]] = {turn: [] for turn in TURNS_MS}
    for _ in range(options.rounds):
        for turn in TURNS_MS:
            rounds[turn].append(beside_another(here, turn, options.seconds))
    print(f"{'turn ms':>8} {'page ms':>8} {'the other does':>15}")
    usual = statistics.median(one.steps for one in rounds[TURNS_MS[0]])
    for turn, found in rounds.items():
        page, steps = (statistics.median(each) for each in zip(*found, strict=True))
        print(f"{turn:8.1f} {page:8.0f} {steps / usual:15.0%}")
    print(f"{'alone':>8} {pages(here, options.seconds):8.0f}")


def answer(connection: socket.socket) -> None:
    """Answer each question at once."""
    while asked := connection.recv(64):
        connection.send(asked)


def beside_another(server: socket.socket, turn_ms: float, seconds: float) -> Shared:
    """Make pages while another thread computes."""
    sys.setswitchinterval(turn_ms / 1000)
    steps, stop = 0, threading.Event()

    def compute() -> None:
        nonlocal steps
        while not stop.is_set():
            sum(range(10_000))
            steps += 1

    other = threading.Thread(target=compute)
    other.start()
    begun = time.monotonic()
    page_ms = pages(server, seconds)
    took, made = time.monotonic() - begun, steps
    stop.set()
    other.join()
    return Shared(page_ms, made / took)


def pages(server: socket.socket, seconds: float) -> float:
    """Make pages for so long; returns the ms of one, in the mean."""
    begun, count = time.monotonic(), 0
    while time.monotonic() < begun + seconds:
        for _ in range(QUESTIONS):
            server.send(b"?")
            server.recv(64)
            for _ in range(10_000):
                pass
        count += 1
    return (time.monotonic() - begun) * 1000 / count


if __name__ == "__main__":
    main()
