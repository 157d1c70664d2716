"""`manage.py topics`: what is announced, who reacts, and who may subscribe in a browser."""

from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from apps.push import catalog


class Command(BaseCommand):
    help = "List every topic: for browsers who may subscribe, for facts their fields and versions."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one table for browsers and one of facts."""
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        offered = Table("topic", "who may subscribe", "what it tells", title="For browsers")
        for offer in catalog.offers():
            offered.add_row(offer.form, offer.who, offer.about)
        console.print(offered)
        columns = ("fact", "version", "fields", "subscribers", "told on")
        facts = Table(*columns, title="Facts", show_lines=True)
        for fact in catalog.facts():
            shape = "\n".join(f"{name}: {kind}" for name, kind in fact.fields)
            names = "\n".join(fact.subscribers) or "nobody"
            told = "\n".join(fact.told_on)
            facts.add_row(fact.name, str(fact.version), shape, names, told)
        console.print(facts)
