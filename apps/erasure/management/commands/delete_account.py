"""`manage.py delete_account NAME`: delete an account for good, as its owner can."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from apps.accounts.errors import NoSuchAccount
from apps.erasure import services

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    help = "Delete an account for good: its rows on every server, its files, and its name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="NAME")
        parser.add_argument("--yes", action="store_true", help="do not ask for the name again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it here as far as it goes; what has to wait for workers, beat goes on with."""
        name = options["username"].removeprefix("@")
        if not options["yes"] and input(f"Type {name} to delete it for good: ").strip() != name:
            raise CommandError("That was another name. Nothing is deleted.")
        try:
            deletion = services.ask(username=name)
        except NoSuchAccount as error:
            raise CommandError(str(error)) from error
        address = reverse("erasure:receipt", args=[deletion.token])
        self.stdout.write(f"Receipt: {settings.SITE_URL}{address}")
        done = self._work(deletion.pk)
        said = "It is gone." if done else "It waits for events; beat goes on with it (see receipt)."
        self.stdout.write(said)

    def _work(self, deletion_id: int) -> bool:
        until = time.monotonic() + PATIENCE_SECONDS
        while not (done := services.work(deletion_id)) and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
        return done
