"""`manage.py seed_demo`: a site that looks lived in."""

import random
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from apps.accounts import selectors as accounts
from apps.accounts.errors import NoSuchAccount
from apps.demo.seeding import Seed
from apps.posts import selectors as posts

MOST = {"accounts": 10_000_000, "posts": 1_000_000_000, "follows": 1_000_000_000}


class Command(BaseCommand):
    help = "Make demo accounts that follow one another and write; a few have most followers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=int, default=50)
        parser.add_argument("--posts", type=int, default=2000)
        parser.add_argument("--follows", type=int, default=600)
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same texts")
        parser.add_argument("--if-empty", action="store_true", help="only where nobody has posted")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the data and say how to sign in."""
        wanted = {name: options[name] for name in MOST}
        for name, count in wanted.items():
            if not 0 <= count <= MOST[name]:
                raise CommandError(f"--{name} is a number from 0 to {MOST[name]:,}.")
        if wanted["accounts"] < 2:
            raise CommandError("--accounts is at least 2: somebody has to follow somebody.")
        if options["if_empty"] and not self._is_empty():
            return
        self._refuse_twice()
        password = self._run(wanted, random.Random(options["seed"]))
        self.stdout.write(f"Demo account:  demo    password: {password}   (shown this once)")

    def _run(self, wanted: dict[str, int], rng: random.Random) -> str:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
            totals = {**wanted, "timelines": wanted["accounts"]}
            bars = {name: progress.add_task(name, total=total) for name, total in totals.items()}
            seed = Seed(
                accounts=wanted["accounts"],
                posts=wanted["posts"],
                follows=wanted["follows"],
                rng=rng,
                advance=lambda step, done: progress.update(bars[step], completed=done),
            )
            return seed.run()

    def _is_empty(self) -> bool:
        return not posts.public_page(viewer_id=None).items

    def _refuse_twice(self) -> None:
        try:
            accounts.account_named("demo")
        except NoSuchAccount:
            return
        raise CommandError("There is demo data already. `manage.py cluster destroy` starts anew.")
