"""`manage.py migrate_all`: brings every database to the newest schema, safe to run again."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from apps.sharding.conf import conf


class Command(BaseCommand):
    help = "Migrate the directory and every shard. Run it again after a failure: it goes on."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--lock-timeout",
            default="5s",
            help="how long a statement may wait for a lock before it gives way (default: 5s)",
        )
        parser.add_argument(
            "--wait",
            type=float,
            metavar="SECONDS",
            help="change nothing; wait until a run elsewhere is through on all that answer",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, or wait until that is done."""
        if options["wait"] is None:
            self._migrate_all(options)
        else:
            self._wait(options["wait"])

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        # A server that is away holds nobody up: the others' people are waiting.
        while (states := [_is_newest(alias) for alias in conf().primaries]) and (
            False in states or True not in states
        ):
            if time.monotonic() > until:
                late = [a for a, state in zip(conf().primaries, states, strict=True) if not state]
                raise CommandError(
                    f"After {seconds:g} s these have not the newest schema: {', '.join(late)}. "
                    f"See what the migration says, and whether these servers answer."
                )
            time.sleep(min(1.0, seconds))

    def _migrate_all(self, options: dict[str, Any]) -> None:
        """Migrate one database after the other; stop at the first that fails."""
        done: list[str] = []
        with Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[now]}"),
            console=Console(file=self.stdout),  # type: ignore[arg-type]
        ) as progress:
            for alias in conf().primaries:
                try:
                    self._migrate(alias, progress, options["lock_timeout"])
                except Exception as error:
                    progress.stop()
                    raise CommandError(self._where(alias, done, error)) from error
                done.append(alias)

    def _migrate(self, alias: str, progress: Progress, lock_timeout: str) -> None:
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [lock_timeout])
        bar = progress.add_task(alias, total=None, now="looking")

        def advance(action: str, migration: Any = None, fake: bool = False) -> None:
            progress.update(bar, now=str(migration or ""), advance=action == "apply_success")

        executor = MigrationExecutor(connection, advance)  # type: ignore[arg-type]
        executor.loader.check_consistent_history(connection)
        targets = executor.loader.graph.leaf_nodes()
        plan = executor.migration_plan(targets)
        progress.update(bar, total=len(plan))
        emit_pre_migrate_signal(verbosity=0, interactive=False, db=alias, plan=plan)
        executor.migrate(targets, plan)
        emit_post_migrate_signal(verbosity=0, interactive=False, db=alias, plan=plan)
        progress.update(bar, total=len(plan) or 1, completed=len(plan) or 1, now="up to date")

    def _where(self, alias: str, done: list[str], error: Exception) -> str:
        left = [name for name in conf().primaries if name not in done and name != alias]
        return (
            f"{alias} failed: {error}\n"
            f"Up to date: {', '.join(done) or 'none'}. Part of the way: {alias}. "
            f"Not begun: {', '.join(left) or 'none'}.\n"
            f"Each migration is whole or not at all. Mend the cause and run migrate_all again."
        )


def _is_newest(alias: str) -> bool | None:
    """Tell whether a database has the newest schema; None where it does not answer."""
    try:
        executor = MigrationExecutor(connections[alias])
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return None
