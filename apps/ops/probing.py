"""Asking every server how it is, all at once, and waiting for none of them for long.

A server that hangs keeps its connections open and says nothing, so each question is asked over a
connection of its own, by a thread of its own, with an end to its patience. Nobody waits for a
thread that hangs all the same. Connections that answered are kept for the next round: opening one
costs both sides more than all questions do.
"""

import json
import os
import time
from collections.abc import Generator, Mapping
from threading import Thread
from typing import Any

import psycopg
from django.db import connections

# For connecting (libpq knows whole seconds from 2 on), and for all questions together.
CONNECT_SECONDS = 2
ANSWER_SECONDS = 1.5
# The longest that a round of questions takes.
ROUND_SECONDS = CONNECT_SECONDS + ANSWER_SECONDS
KEPT = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "options")


class Silent(psycopg.OperationalError):
    """A server has not answered in time."""


class Impatient(psycopg.Connection[Any]):
    """A connection that waits for answers no longer than until its deadline."""

    deadline = float("inf")

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer; raises Silent."""
        return super().wait(self._bounded(gen), interval, timeout)

    def _bounded(self, gen: Any) -> Generator[Any, Any, Any]:
        """Pass a generator of psycopg on, which is woken ten times a second whatever comes."""
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > self.deadline:
                    raise Silent(f"no answer within {ANSWER_SECONDS} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value


Questions = Mapping[str, str]
# Of a server whose name is not even resolved, say.
NOTHING = {"error": f"no answer within {ROUND_SECONDS} s"}
_waiting: dict[str, Thread] = {}
# By alias, and by what they were opened with: a server may be another one in the next round.
_kept: dict[str, tuple[dict[str, Any], Impatient]] = {}


def ask_all(questions: Mapping[str, Questions]) -> dict[str, dict[str, Any]]:
    """Return what each server answers, by its alias: the JSON that each of its questions gives.

    `seconds` says how long it took; `error` why answers are missing.
    """
    answers: dict[str, dict[str, Any]] = {}
    asking = {alias: _begin(alias, each, answers) for alias, each in questions.items()}
    deadline = time.monotonic() + ROUND_SECONDS
    for thread in asking.values():
        thread.join(max(0.0, deadline - time.monotonic()))
    return {alias: answers.get(alias, NOTHING) for alias in questions}


def _begin(alias: str, questions: Questions, answers: dict[str, dict[str, Any]]) -> Thread:
    """Ask on a thread of its own; while an earlier one still waits for the server, that one."""
    if (waiting := _waiting.get(alias)) is not None and waiting.is_alive():
        return waiting
    params = _params(alias)

    def work() -> None:
        answers[alias] = _ask(alias, params, questions)

    thread = _waiting[alias] = Thread(target=work, name=f"probe-{alias}", daemon=True)
    thread.start()
    return thread


def _ask(alias: str, params: dict[str, Any], questions: Questions) -> dict[str, Any]:
    begun, found = time.monotonic(), dict[str, Any]()
    try:
        connection = _take(alias, params)
        try:
            connection.deadline = time.monotonic() + ANSWER_SECONDS
            for name, sql in questions.items():
                found[name] = _answer(connection, sql)
        except BaseException:
            connection.close()
            raise
        mine = params, connection
        # Another round may have asked it at the same moment: one connection is enough.
        if _kept.setdefault(alias, mine) is not mine:
            connection.close()
    except (psycopg.Error, OSError) as error:
        found["error"] = str(error).strip().partition("\n")[0] or type(error).__name__
    return {**found, "seconds": round(time.monotonic() - begun, 4)}


def _take(alias: str, params: dict[str, Any]) -> Impatient:
    """Return the connection that answered last, if it still does, or a new one."""
    before, connection = _kept.pop(alias, (None, None))
    if connection is not None:
        try:
            if before == params:
                connection.deadline = time.monotonic() + ANSWER_SECONDS
                connection.execute("SELECT 1")
                return connection
        except Silent:
            connection.close()
            raise
        except psycopg.Error:
            # The server was started anew meanwhile, or has ended it.
            pass
        connection.close()
    return Impatient.connect(**params, connect_timeout=CONNECT_SECONDS)


def _answer(connection: Impatient, sql: str) -> Any:
    row = connection.execute(sql.encode()).fetchone()
    found = row[0] if row else None
    return json.loads(found) if isinstance(found, str) else found


def _params(alias: str) -> dict[str, Any]:
    given = connections[alias].get_connection_params()
    known = {name: given[name] for name in KEPT if given.get(name) not in (None, "")}
    return {**known, "application_name": "rookery-probe", "autocommit": True}


# What a forked child has of them is its parent's.
os.register_at_fork(after_in_child=_kept.clear)
