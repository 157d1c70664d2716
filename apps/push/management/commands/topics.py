"""`manage.py topics`: what is announced, who reacts, and who may subscribe in a browser."""

from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from apps.push import catalog


class Command(BaseCommand):
    help = "List every topic: for browsers who may subscribe, for facts their fields and versions."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a table for browsers, and a paragraph for each fact."""
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        offered = Table("topic", "who may subscribe", "what it tells", title="For browsers")
        for offer in catalog.offers():
            offered.add_row(offer.form, offer.who, offer.about)
        console.print(offered)
        for fact in catalog.facts():
            console.print(f"\n[bold]{fact.name}[/bold] version {fact.version}: {fact.about}")
            rows = Table.grid(padding=(0, 2))
            rows.add_row("  fields", "\n".join(f"{name}: {kind}" for name, kind in fact.fields))
            rows.add_row("  reacting", "\n".join(fact.subscribers) or "nobody")
            rows.add_row("  told on", ", ".join(fact.told_on) or "nothing")
            console.print(rows)
