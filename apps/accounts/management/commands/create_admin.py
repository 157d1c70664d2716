"""`manage.py create_admin`: an account that may do everything, with a generated password."""

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from apps.accounts import services
from apps.accounts.errors import NameTaken
from apps.accounts.models import USERNAME, Account


class Command(BaseCommand):
    help = "Make an admin account. Its password is generated, and shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default="admin")
        parser.add_argument("--email", default="admin@localhost.invalid")
        parser.add_argument("--if-none", action="store_true", help="only where there is no admin")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sign the account up, with all rights."""
        if options["if_none"] and Account.objects.filter(is_superuser=True).exists():
            return
        username, password = options["username"], secrets.token_urlsafe(12)
        try:
            USERNAME(username)
            validate_email(options["email"])
            services.sign_up(
                username=username,
                email=options["email"],
                password=password,
                # Whoever runs commands here needs no mail to be believed.
                is_verified=True,
                is_staff=True,
                is_superuser=True,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except NameTaken as error:
            raise CommandError(f"{error} Use --username and --email.") from error
        self.stdout.write(f"Admin account: {username}   password: {password}   (shown this once)")
