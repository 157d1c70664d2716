"""`manage.py search rebuild`: posts from before the plugin was on can be searched too."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from apps.bundled.search import rebuilding
from apps.plugins import switches
from apps.posts import originals
from apps.sharding.conf import conf

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())


class Command(BaseCommand):
    help = "Have all posts be found: those too that were written while search was off."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        rebuild = verbs.add_parser("rebuild", help="go through all posts; the site runs on")
        rebuild.add_argument("--shard", choices=conf().shards, help="this one only")
        rebuild.add_argument("--after", type=int, default=0, help="go on after the post of this id")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one verb."""
        if not switches.is_on("search"):
            raise CommandError("search is off. First: manage.py plugins enable search")
        shards = [options["shard"]] if options["shard"] else conf().shards
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        with Progress(*COLUMNS, TimeRemainingColumn(), console=console) as progress:
            for shard in shards:
                self._rebuild(shard, options["after"], progress)

    def _rebuild(self, shard: str, after: int, progress: Progress) -> None:
        """Go through one shard; a fault says from where to go on."""
        bar = progress.add_task(shard, total=originals.count(shard, after=after))
        last = after
        try:
            for count, last in rebuilding.rebuild(shard, after=after):
                progress.update(bar, advance=count, description=f"{shard}, up to {last}")
        except Exception as error:
            raise CommandError(
                f"{error}\nGo on with: manage.py search rebuild --shard {shard} --after {last}"
            ) from error
