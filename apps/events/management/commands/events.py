"""`manage.py events tail|stats|dead|replay`: the event log for operators."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich import box
from rich.console import Console
from rich.table import Table

from apps.events import replays, stats
from apps.events.errors import UnknownSubscriber
from apps.events.models import DeadLetter, Event
from apps.sharding.ids import first_at, time_of

STATS = (
    *("shard", "not finished", "oldest", "open transaction", "dead", "log lasts", "waiting for"),
)
# A transaction may commit so long after its events got their ids.
LATE = timedelta(minutes=2)


class Command(BaseCommand):
    help = "Look at the event log, at what waits and what failed; deliver it once more."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        tail = verbs.add_parser("tail", help="the newest events of all shards")
        tail.add_argument("--lines", type=int, default=20)
        tail.add_argument("--topic", help="of this topic only")
        tail.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
        verbs.add_parser("stats", help="what waits on each shard, and how old the oldest is")
        verbs.add_parser("dead", help="the dead letters")
        replay = verbs.add_parser("replay", help="deliver dead letters, or the log, once more")
        replay.add_argument("--letter", type=int, action="append", help="id of a dead letter")
        replay.add_argument("--all-dead", action="store_true", help="every dead letter")
        replay.add_argument("--subscriber", help="replay the log to it; with --since")
        replay.add_argument("--since", help="ISO 8601, UTC where it says nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one verb."""
        width = None if self.stdout.isatty() else 140
        self.console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        getattr(self, f"_{options['verb']}")(options)

    def _tail(self, options: dict[str, Any]) -> None:
        if not 1 <= options["lines"] <= 10_000:
            raise CommandError("--lines is a number from 1 to 10000.")
        chosen = {"topic": options["topic"]} if options["topic"] else {}
        rows = Event.objects.scatter(**chosen).page(limit=options["lines"]).items[::-1]
        self._print(rows)
        shown = {row.pk for row in rows}
        begun = first_at(timezone.now())
        while options["follow"]:
            time.sleep(1)
            since = max(begun, first_at(timezone.now() - LATE))
            rows = list(Event.objects.scatter(id__gte=since, **chosen))
            self._print(sorted((r for r in rows if r.pk not in shown), key=lambda row: row.pk))
            shown = {row.pk for row in rows}

    def _print(self, rows: list[Event]) -> None:
        for row in rows:
            state = "finished" if row.finished_at else "waiting"
            moment = time_of(row.pk).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
            payload = json.dumps(row.payload)
            self.stdout.write(f"{moment}  {row.pk}  {state:<8}  {row.topic}  {payload}")

    def _stats(self, options: dict[str, Any]) -> None:
        table = Table(*STATS, box=box.SIMPLE)
        for found in stats.of_shards(timezone.now()):
            oldest, longest = (_seconds(age) for age in (found.oldest, found.longest))
            waiting = "\n".join(f"{count:>6} {name}" for name, count in found.waiting.items())
            ahead = f"{found.weeks_ahead:.1f} weeks"
            ahead = ahead if found.weeks_ahead >= 1 else f"[red]{ahead}[/red]"
            counts = str(found.unfinished), oldest, longest, str(found.dead)
            table.add_row(found.shard, *counts, ahead, waiting)
        self.console.print(table)

    def _dead(self, options: dict[str, Any]) -> None:
        table = Table("letter", "topic", "subscriber", "attempts", "error", box=box.SIMPLE)
        letters = list(DeadLetter.objects.scatter())
        for letter in letters:
            name = letter.subscriber.removeprefix("apps.")
            table.add_row(str(letter.pk), letter.topic, name, str(letter.attempts), letter.error)
        self.console.print(table if letters else "There are no dead letters.")

    def _replay(self, options: dict[str, Any]) -> None:
        if options["subscriber"]:
            self.console.print(f"{self._replay_log(options)} deliveries are on their way again.")
            return
        if not options["letter"] and not options["all_dead"]:
            raise CommandError("Say what: --letter ID, --all-dead, or --subscriber with --since.")
        letters = list(DeadLetter.objects.scatter())
        if options["letter"]:
            letters = [letter for letter in letters if letter.pk in options["letter"]]
            if len(letters) < len(set(options["letter"])):
                raise CommandError("There is no such letter. `manage.py events dead` lists them.")
        count = replays.replay_letters(letters)
        self.console.print(f"{count} letters are on their way again.")

    def _replay_log(self, options: dict[str, Any]) -> int:
        try:
            since = datetime.fromisoformat(options["since"] or "")
        except ValueError as error:
            raise CommandError("--since is a time like 2026-11-23T10:00:00.") from error
        since = since.replace(tzinfo=UTC) if since.tzinfo is None else since
        try:
            return replays.replay_log(subscriber=options["subscriber"], since=since)
        except UnknownSubscriber as error:
            raise CommandError("No such subscriber; `manage.py topics` lists them.") from error


def _seconds(age: timedelta | None) -> str:
    return f"{age.total_seconds():.1f} s" if age else ""
