"""`manage.py shards`: where the buckets are, and moving them while the site is in use."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from apps.kernel.errors import RookeryError
from apps.moves import adding, planning, refusals, running, sizes, verifying
from apps.moves.errors import NoSuchMove
from apps.moves.models import ENDED, Move
from apps.moves.mover import KEEP_SECONDS, Mover
from apps.moves.pacing import SLOW_MS
from apps.moves.planning import Planned
from apps.moves.running import Pace
from apps.sharding import directory
from apps.sharding.conf import conf
from apps.sharding.ids import BUCKETS

BAR = 30


class Command(BaseCommand):
    help = "Show where buckets live, move them between shards in use, and check every row."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="each shard's buckets, rows, bytes, and moves under way")
        verbs.add_parser("add", help="prepare shards that the topology names and that are empty")
        move = verbs.add_parser("move", help="move buckets to another shard")
        move.add_argument("buckets", nargs="+", help="numbers, or runs as 17-23")
        move.add_argument("--to", help="the shard to move them to")
        move.add_argument("--back", action="store_true", help="to where they came from last")
        rebalance = verbs.add_parser("rebalance", help="give each shard its share, moving little")
        drain = verbs.add_parser("drain", help="move everything away from a shard")
        drain.add_argument("shard")
        for verb in (move, rebalance, drain):
            verb.add_argument("--dry-run", action="store_true", help="only say what it would do")
            _add_pace(verb)
        for name, text in (("resume", "go on with"), ("abort", "take back")):
            verb = verbs.add_parser(name, help=f"{text} a move whose process died")
            verb.add_argument("move", type=int, help="its number, see `shards list`")
        verify = verbs.add_parser("verify", help="hold every row of every shard against the map")
        verify.add_argument("--repair", action="store_true", help="and put right what is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one verb."""
        width = None if self.stdout.isatty() else 140
        self.console = Console(file=self.stdout, highlight=False, width=width)  # type: ignore[arg-type]
        try:
            getattr(self, f"_{options['verb']}")(options)
        except RookeryError as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        held, rows = directory.reload(), sizes.rows()
        table = Table("shard", "buckets", "rows", "MB", "share of rows", box=box.SIMPLE)
        shares = planning.shares(held.shards, planning.measures(rows)[0])
        for shard in conf().shards:
            mine = [bucket for bucket, home in enumerate(held.shards) if home == shard]
            number = sum(rows.get(bucket, 0) for bucket in mine)
            megabytes = sizes.bytes_of(shard) / 1e6
            bar = _bar(shares.get(shard, 0.0))
            table.add_row(shard, str(len(mine)), f"{number:,}", f"{megabytes:,.1f}", bar)
        self.console.print(table)
        for move in Move.objects.exclude(step__in=ENDED):
            self.console.print(f"{move}: it is to {move.get_step_display()} ({move.step}).")

    def _add(self, options: dict[str, Any]) -> None:
        call_command("migrate_all", stdout=self.stdout)
        fresh = adding.new_shards()
        for shard in fresh:
            self.console.print(f"{shard}: {adding.settle(shard)} rows copied that all shards have.")
        if not fresh:
            raise CommandError(
                "No shard is empty. Name the new one in the topology first "
                "(`cluster grow --shards N` for the embedded cluster)."
            )
        self.console.print(
            "Restart the site's processes, so that they know it; then `shards rebalance`."
        )

    def _move(self, options: dict[str, Any]) -> None:
        buckets = _numbers(options["buckets"])
        held = directory.reload()
        if options["back"] == bool(options["to"]):
            raise CommandError("Say where to: --to SHARD, or --back.")
        goes: dict[tuple[str, str], list[int]] = {}
        for bucket in buckets:
            source = held.shards[bucket]
            target = _came_from(bucket) if options["back"] else options["to"]
            goes.setdefault((source, target), []).append(bucket)
        plan = [Planned(*way, tuple(numbers)) for way, numbers in goes.items()]
        self._carry_out(plan, options)

    def _rebalance(self, options: dict[str, Any]) -> None:
        self._spread(conf().shards, options)

    def _drain(self, options: dict[str, Any]) -> None:
        rest = tuple(shard for shard in conf().shards if shard != options["shard"])
        if len(rest) == len(conf().shards):
            known = ", ".join(conf().shards)
            raise CommandError(f"There is no shard {options['shard']!r}; there are {known}.")
        if not rest:
            raise CommandError("There is no other shard to move its buckets to.")
        self._spread(rest, options)

    def _spread(self, shards: tuple[str, ...], options: dict[str, Any]) -> None:
        before, rows, load = directory.reload().shards, sizes.rows(), sizes.load()
        plan = planning.evenly(before, planning.measures(rows, load), shards)
        self._show_shares(before, planning.after(before, plan), rows, load)
        if not plan:
            self.console.print("Each shard has its share: nothing is to be moved.")
            return
        self._carry_out(plan, options)

    def _show_shares(
        self, before: Sequence[str], then: Sequence[str], *measured: Mapping[int, float]
    ) -> None:
        columns = ("rows now", "rows then", "writes now", "writes then")
        table = Table("shard", *columns, box=box.SIMPLE)
        shares = [
            planning.shares(homes, planning.measures(one)[0])
            for one in measured
            for homes in (before, then)
        ]
        for shard in conf().shards:
            table.add_row(shard, *(_bar(share.get(shard, 0.0)) for share in shares))
        self.console.print(table)

    def _carry_out(self, plan: list[Planned], options: dict[str, Any]) -> None:
        for planned in plan:
            refusals.check(planned.buckets, planned.source, planned.target)
        table = Table("from", "to", "buckets", box=box.SIMPLE)
        for planned in plan:
            table.add_row(planned.source, planned.target, _runs(planned.buckets))
        self.console.print(table)
        if options["parallel"] < 1:
            raise CommandError("--parallel is the number of moves at a time, from 1 on.")
        if options["dry_run"]:
            self.console.print("Nothing was changed.")
            return
        pace = Pace(options["parallel"], options["slow_ms"], options["keep"])
        with self._progress() as shown:
            tasks = {planned: shown.add_task(str(planned)) for planned in plan}

            def tell(planned: Planned, what: str) -> None:
                shown.update(tasks[planned], description=f"{planned}: {what}")

            running.carry_out(plan, pace, tell)

    def _progress(self) -> Progress:
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        return Progress(*columns, console=self.console)

    def _resume(self, options: dict[str, Any]) -> None:
        move = _open_move(options["move"])
        with self._progress() as shown:
            task = shown.add_task(str(move))
            running.finish(move, Pace(), lambda what: shown.update(task, description=what))

    def _abort(self, options: dict[str, Any]) -> None:
        move = _open_move(options["move"])
        Mover(move, lambda one, what: self.console.print(f"{one}: {what}")).abort()
        self.console.print(f"{move} was taken back.")

    def _verify(self, options: dict[str, Any]) -> None:
        report = verifying.verify()
        self._tell(report)
        if report.is_well:
            self.console.print("Every row is where the map says, and every event was dispatched.")
            return
        if not options["repair"]:
            raise CommandError("Not all is well. `shards verify --repair` puts it right.")
        verifying.repair(report)
        left = verifying.verify()
        self._tell(left)
        if left.strays or left.claims:
            raise CommandError("That did not put all right; see above.")
        self.console.print("It is put right.")

    def _tell(self, report: verifying.Report) -> None:
        for claim in report.claims:
            self.console.print(
                f"{claim.shard} owns {_runs(claim.claims) or 'nothing'} against the map, "
                f"and lacks {_runs(claim.disowns) or 'nothing'}."
            )
        for stray in report.strays:
            self.console.print(
                f"{stray.shard} has {stray.rows:,} rows of {stray.table} that belong elsewhere "
                f"(buckets {_runs(stray.buckets)})."
            )
        for shard, number in report.undelivered.items():
            if number:
                self.console.print(f"{shard} has {number:,} events that nobody has dispatched.")


def _add_pace(verb: CommandParser) -> None:
    for name, kind, default, metavar, text in (
        ("--parallel", int, 1, "N", "moves at a time"),
        ("--slow-ms", float, SLOW_MS, "MS", "begin none while a commit takes longer than this"),
        ("--keep", float, KEEP_SECONDS, "SECONDS", "how long old rows stay for who reads them"),
    ):
        help_text = f"{text} (default: %(default)s)"
        verb.add_argument(name, type=kind, default=default, metavar=metavar, help=help_text)


def _numbers(texts: list[str]) -> list[int]:
    found: list[int] = []
    for text in texts:
        first, _, last = text.partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise CommandError(f"{text!r} is no bucket: give numbers, or runs as 17-23.")
        found += range(int(first), int(last or first) + 1)
    if strange := [bucket for bucket in found if bucket >= BUCKETS]:
        raise CommandError(f"{strange[0]} is no bucket: they are numbered 0 to {BUCKETS - 1}.")
    if not found:
        raise CommandError("There is no bucket in that.")
    return sorted(set(found))


def _runs(numbers: tuple[int, ...]) -> str:
    """Return numbers as text, neighbours together: 1-3, 7."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)


def _came_from(bucket: int) -> str:
    for move in Move.objects.filter(step__in=("cleaning", "done"), flipped_at__isnull=False):
        if bucket in move.buckets:
            return move.source
    raise CommandError(f"Bucket {bucket} has not been moved, so there is no way back.")


def _open_move(number: int) -> Move:
    move = Move.objects.filter(pk=number).first()
    if move is None or move.step in ENDED:
        raise NoSuchMove(f"There is no open move {number}; `shards list` shows those that are.")
    return move


def _bar(share: float) -> str:
    return f"{'█' * round(share * BAR):<{BAR // 2}} {share:5.1%}"
