"""`manage.py topics`: what is announced, with which fields, and who subscribes."""

from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from apps.events import registry


class Command(BaseCommand):
    help = "List every topic with its fields and its subscribers."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one row a topic."""
        table = Table("topic", "fields", "subscribers", show_lines=True)
        for topic, event in registry.topics().items():
            shape = "\n".join(f"{field.name}: {_name(field.type)}" for field in fields(event))
            names = "\n".join(s.name for s in registry.subscribers_of(topic))
            table.add_row(topic, shape, names or "nobody")
        Console(file=self.stdout, highlight=False).print(table)  # type: ignore[arg-type]


def _name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
