"""`manage.py export_account NAME FILE`: all that an account has, as an archive."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from apps.accounts import selectors as accounts
from apps.accounts.errors import NoSuchAccount
from apps.archives import writer


class Command(BaseCommand):
    help = "Write an account's archive, as Mastodon makes it, into a zip file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="NAME")
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write beside the file first: what has its name is whole."""
        path: Path = options["file"]
        partial = path.with_name(f"{path.name}.part")
        try:
            card = accounts.profile_named(options["username"].removeprefix("@"))
            self._write(card, partial)
            partial.replace(path)
        except NoSuchAccount as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        finally:
            partial.unlink(missing_ok=True)
        self.stdout.write(f"{path}: {path.stat().st_size:,} bytes.")

    def _write(self, card: accounts.ProfileCard, path: Path) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        columns = (TextColumn("Writing"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console) as progress, path.open("wb") as file:
            bar = progress.add_task("", total=writer.total_of(card.id))
            writer.write(card, file, lambda count: progress.advance(bar, count))
