"""`manage.py plugins list|enable|disable|check|faults|hooks|metrics|new`: plugins for operators."""

from inspect import getdoc, signature
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apps.kernel.errors import RookeryError
from apps.plugins import discovery, manager, skeletons, stats, switches
from apps.plugins.markers import terms_of
from apps.plugins.models import Fault

AGAIN = (
    "What happened while it was off it has not heard of. "
    "`manage.py events replay --subscriber NAME --since TIME` tells it (`manage.py topics`: NAME)."
)


class Command(BaseCommand):
    help = "List plugins, switch them on and off in all units, check them, begin a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="what is installed, and what of it is on")
        for verb in ("enable", "disable"):
            named = verbs.add_parser(verb, help=f"{verb} plugins in all units, within a second")
            named.add_argument("names", nargs="+", metavar="NAME")
        verbs.add_parser("check", help="whether every plugin can be used; ends with 1 if not")
        verbs.add_parser("faults", help="the calls that were cut off last, with tracebacks")
        verbs.add_parser("hooks", help="every hook with its version, arguments and limits")
        verbs.add_parser("metrics", help="the numbers of the microkernel and of the plugins")
        new = verbs.add_parser("new", help="write a new plugin that works, with a test")
        new.add_argument("names", nargs=1, metavar="NAME")
        new.add_argument("--to", type=Path, help="a folder: a project of its own, to be installed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one verb."""
        width = None if self.stdout.isatty() else 140
        self.console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        try:
            getattr(self, f"_{options['verb']}")(options)
        except RookeryError as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        switches.refresh()
        table = Table("plugin", "state", "from", "hooks", "about", box=box.SIMPLE)
        for found in settings.PLUGINS:
            source = "bundled" if found.bundled else found.package
            hooks = ", ".join(manager.hooks_of(found.name))
            table.add_row(found.name, _state(found.name), source, hooks, manager.about(found.name))
        self.console.print(table)

    def _enable(self, options: dict[str, Any]) -> None:
        self._switch(options, switches.State.ON)
        self.console.print(escape(AGAIN))

    def _disable(self, options: dict[str, Any]) -> None:
        self._switch(options, switches.State.OFF)

    def _switch(self, options: dict[str, Any], state: str) -> None:
        for name in options["names"]:
            switches.switch(name, state, "by command")
            self.console.print(f"{name} is {state}.")

    def _check(self, options: dict[str, Any]) -> None:
        for name, why in manager.broken().items():
            self.console.print(escape(f"{name} cannot be used:\n{why}"))
        if manager.broken():
            raise CommandError("Mend these, or uninstall them; ROOKERY_SAFE_MODE=1 starts without.")
        self.console.print(f"{len(discovery.loaded())} plugins can be used.")

    def _faults(self, options: dict[str, Any]) -> None:
        for fault in Fault.objects.using(switches.DIRECTORY).order_by("id"):
            head = f"{fault.at:%Y-%m-%d %H:%M:%S}  {fault.plugin}  {fault.hook}  in {fault.unit}"
            self.console.print(escape(f"{head}\n{fault.traceback}"))

    def _hooks(self, options: dict[str, Any]) -> None:
        for spec in manager.specs():
            terms = terms_of(spec)
            limits = f"version {terms.version}, {terms.seconds:g} s, {terms.queries} queries"
            head = f"{spec.__module__}.{spec.__name__}{signature(spec)}"
            self.console.print(escape(f"{head}\n    {limits}"))
            for line in (getdoc(spec) or "").splitlines():
                self.console.print(escape(f"    {line}" if line else ""))
            self.console.print()

    def _metrics(self, options: dict[str, Any]) -> None:
        for metric in stats.metrics():
            labels = ",".join(f'{name}="{value}"' for name, value in metric.labels)
            shown = f"{metric.name}{{{labels}}}" if labels else metric.name
            self.console.print(escape(f"{shown} {metric.value:g}"), soft_wrap=True)

    def _new(self, options: dict[str, Any]) -> None:
        bundled = settings.BASE_DIR / "apps" / "bundled"
        package = None if options["to"] else "apps.bundled"
        for path in skeletons.write(options["names"][0], options["to"] or bundled, package):
            self.console.print(str(path), soft_wrap=True)


def _state(name: str) -> str:
    if name not in discovery.loaded():
        return "not loaded: safe mode"
    if name in manager.broken():
        return "[red]cannot be used[/red]"
    standing = switches.standing(name)
    quarantined = standing.state == switches.State.QUARANTINED
    return f"[red]quarantined[/red]: {escape(standing.reason)}" if quarantined else standing.state
