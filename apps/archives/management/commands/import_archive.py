"""`manage.py import_archive FILE --as USERNAME`: posts from elsewhere, with their old times."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from apps.accounts import selectors as accounts
from apps.accounts.errors import NoSuchAccount
from apps.archives import reader
from apps.archives.errors import UnreadableArchive
from apps.archives.records import Broken, Record, Skipped
from apps.posts.imports import Draft, import_posts

BATCH = 1000
SHOWN = 10


class Command(BaseCommand):
    help = "Take in the posts of a Mastodon account export, or JSON Lines of text and created_at."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file in batches; what was read goes in, also where the file is cut."""
        self.console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        self.counts: Counter[str] = Counter()
        self.broken: list[Broken] = []
        path: Path = options["file"]
        try:
            self.author_id = accounts.account_named(options["username"]).pk
            size = path.stat().st_size
        except NoSuchAccount as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            self._import(path, size)
        except UnreadableArchive as error:
            self._report()
            raise CommandError(str(error)) from error
        self._report()

    def _import(self, path: Path, size: int) -> None:
        batch: list[Draft] = []
        columns = (TextColumn("Reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console) as progress:
            bar = progress.add_task("", total=size)
            try:
                for found, done in reader.read(path):
                    self._sort(found, batch)
                    if len(batch) == BATCH:
                        self._store(batch)
                        progress.update(bar, completed=done)
                progress.update(bar, completed=size)
            finally:
                self._store(batch)

    def _sort(self, found: Record | Skipped | Broken, batch: list[Draft]) -> None:
        self.counts["read"] += 1
        if isinstance(found, Record):
            batch.append(Draft(found.source_key, found.text, found.created_at))
        elif isinstance(found, Skipped):
            self.counts[f"left out: {found.reason}"] += 1
        else:
            self.counts["broken"] += 1
            self.broken += [found] if len(self.broken) < SHOWN else []

    def _store(self, batch: list[Draft]) -> None:
        added = import_posts(author_id=self.author_id, drafts=batch) if batch else 0
        self.counts["added"] += added
        self.counts["already there"] += len(batch) - added
        batch.clear()

    def _report(self) -> None:
        table = Table("records", "number")
        for name, count in self.counts.items():
            table.add_row(name, f"{count:,}")
        self.console.print(table)
        for found in self.broken:
            self.console.print(f"Record {found.position} is broken: {found.problem}", markup=False)
        if self.counts["broken"] > SHOWN:
            self.console.print(f"… and {self.counts['broken'] - SHOWN} more.")
