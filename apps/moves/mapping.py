"""What a move changes in the bucket map: each time in one transaction of the directory."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.moves.models import Move, Step
from apps.replication.tokens import Position
from apps.sharding.conf import conf
from apps.sharding.models import Bucket, Epoch


def announce(move: Move) -> None:
    """Say that the target gets rows of the buckets, which count for nothing there yet."""
    _change(move, also_on=move.target)


def flip(move: Move, since: Position) -> None:
    """The buckets live on the target from now on, which is whole from a position on."""
    with transaction.atomic(using=conf().directory):
        _change(
            move,
            shard=move.target,
            also_on=move.source,
            since_timeline=since.timeline,
            since_lsn=since.lsn,
        )
        Epoch.objects.filter(shard__in=(move.source, move.target)).update(moves=F("moves") + 1)
        move.step, move.flipped_at = Step.OPENED, timezone.now()
        move.save(update_fields=("step", "flipped_at"))


def tidy(move: Move) -> None:
    """Say that nobody but the owner has rows of the buckets."""
    _change(move, also_on="")


def _change(move: Move, **values: object) -> None:
    with transaction.atomic(using=conf().directory):
        shards = (move.source, move.target)
        Epoch.objects.bulk_create((Epoch(shard=s) for s in shards), ignore_conflicts=True)
        Epoch.objects.filter(shard__in=shards).update(changes=F("changes") + 1)
        Bucket.objects.filter(number__in=move.buckets).update(**values)
