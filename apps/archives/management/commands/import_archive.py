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
from apps.archives import pictures, reader
from apps.archives.errors import UnreadableArchive
from apps.archives.records import Broken, Record, Skipped
from apps.pictures.errors import PictureRefused
from apps.pictures.services import MOST_OF_A_POST
from apps.posts.imports import Draft, import_posts, known_of

BATCH = 1000
# A picture takes as long as hundreds of posts: what a kill undoes is little.
PICTURES = 40
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
        self.refused: list[str] = []
        path: Path = options["file"]
        try:
            self.author_id = accounts.account_named(options["username"]).pk
            size = path.stat().st_size
        except NoSuchAccount as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            with pictures.shelf(path, reader.OUTBOX) as self.shelf:
                self._import(path, size)
        except UnreadableArchive as error:
            self._report()
            raise CommandError(str(error)) from error
        self._report()

    def _import(self, path: Path, size: int) -> None:
        batch: list[Record] = []
        columns = (TextColumn("Reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console) as progress:
            bar = progress.add_task("", total=size)
            try:
                for found, done in reader.read(path):
                    self._sort(found, batch)
                    if len(batch) == BATCH or sum(len(r.pictures) for r in batch) >= PICTURES:
                        self._store(batch)
                        progress.update(bar, completed=done)
                progress.update(bar, completed=size)
            finally:
                self._store(batch)

    def _sort(self, found: Record | Skipped | Broken, batch: list[Record]) -> None:
        self.counts["read"] += 1
        if isinstance(found, Record):
            batch.append(found)
        elif isinstance(found, Skipped):
            self.counts[f"left out: {found.reason}"] += 1
        else:
            self.counts["broken"] += 1
            self.broken += [found] if len(self.broken) < SHOWN else []

    def _store(self, batch: list[Record]) -> None:
        keys = {record.source_key for record in batch}
        known = known_of(author_id=self.author_id, source_keys=keys) if batch else set()
        fresh = {r.source_key: r for r in batch if r.source_key not in known}
        drafts = [draft for record in fresh.values() if (draft := self._draft(record))]
        added = import_posts(author_id=self.author_id, drafts=drafts) if drafts else 0
        self.counts["added"] += added
        self.counts["already there"] += len(batch) - len(fresh) + len(drafts) - added
        batch.clear()

    def _draft(self, record: Record) -> Draft | None:
        """Return what is taken in of a record; of no words and no picture nothing is."""
        found: list[int] = []
        for attached in record.pictures:
            try:
                if len(found) == MOST_OF_A_POST:
                    raise PictureRefused(f"A post has at most {MOST_OF_A_POST} pictures.")
                found.append(self.shelf.store(attached, author_id=self.author_id))
            except PictureRefused as error:
                self._refuse(record, attached.path, str(error))
        self.counts["pictures added"] += len(found)
        if not record.text and not found:
            self.counts["left out: posts without text"] += 1
            return None
        said = (record.source_key, record.text, record.created_at, record.audience)
        return Draft(*said, record.answers, record.warning, tuple(found))

    def _refuse(self, record: Record, path: str, reason: str) -> None:
        self.counts["pictures refused"] += 1
        if len(self.refused) < SHOWN:
            self.refused.append(f"Record {record.position}: picture {path[:80]!r}: {reason}")

    def _report(self) -> None:
        table = Table("records", "number")
        for name, count in self.counts.items():
            table.add_row(name, f"{count:,}")
        self.console.print(table)
        for found in self.broken:
            self.console.print(f"Record {found.position} is broken: {found.problem}", markup=False)
        if self.counts["broken"] > SHOWN:
            self.console.print(f"… and {self.counts['broken'] - SHOWN} more.")
        for line in self.refused:
            self.console.print(line, markup=False)
