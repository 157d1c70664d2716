"""Every write to the archives that accounts ask for: asked, made by a worker, gone after a week."""

import logging
import tempfile
import time
from datetime import timedelta

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts import selectors as accounts
from apps.accounts.selectors import ProfileCard
from apps.archives import writer
from apps.archives.errors import ExportUnderWay, NoArchive
from apps.archives.models import KEPT, Export

log = logging.getLogger(__name__)
# A worker says at least this often that it goes on; one that is silent for longer is dead.
SILENT = timedelta(minutes=2)
SAID_SECONDS = 1.0
STATES = Export.State


def ask(*, account_id: int) -> Export:
    """Ask for a new archive in place of the one before; raises ExportUnderWay."""
    before = _of(account_id)
    if before is not None and before.state == STATES.WAITING:
        raise ExportUnderWay
    if before is not None:
        _remove(before)
    asked, _ = Export.objects.using("default").get_or_create(
        account_id=account_id, defaults={"asked_at": timezone.now()}
    )
    return asked


def of(account_id: int) -> Export | None:
    """Return the archive that an account has asked for, however far it is."""
    return _of(account_id)


def opened(account_id: int) -> tuple[Export, File]:  # type: ignore[type-arg]
    """Return an account's archive and its open file; raises NoArchive."""
    export = _of(account_id)
    if export is None or export.state != STATES.READY or not _storage().exists(export.file):
        raise NoArchive
    return export, _storage().open(export.file)


def make(export_id: int) -> None:
    """Make an archive that is waited for; twice does no harm: one worker at a time has it."""
    now = timezone.now()
    mine = Export.objects.using("default").filter(pk=export_id, state=STATES.WAITING)
    silent = mine.filter(Q(moved_at=None) | Q(moved_at__lt=now - SILENT))
    if not silent.update(moved_at=now, done=0):
        return
    export = Export.objects.using("default").get(pk=export_id)
    card = accounts.cards_of([export.account_id]).get(export.account_id)
    if card is None:
        mine.update(state=STATES.FAILED)
        return
    mine.update(total=writer.total_of(card.id))
    with tempfile.TemporaryFile() as file:
        writer.write(card, file, Said(export_id))
        _keep(export, card, File(file), file.tell())


def tend() -> list[int]:
    """Remove what is old; returns the archives that stand still, for a worker to go on with."""
    now = timezone.now()
    rows = Export.objects.using("default")
    for export in rows.filter(asked_at__lt=now - KEPT):
        _remove(export)
    still = rows.filter(state=STATES.WAITING, asked_at__lt=now - timedelta(seconds=30))
    silent = still.filter(Q(moved_at=None) | Q(moved_at__lt=now - SILENT))
    return list(silent.values_list("pk", flat=True))


def discard(*, account_id: int) -> None:
    """Remove an account's archive, if there is one."""
    export = _of(account_id)
    if export is not None:
        _remove(export)


class Said:
    """Writes down how far a worker is, but not for every row."""

    def __init__(self, export_id: int) -> None:
        self.rows = Export.objects.using("default").filter(pk=export_id)
        self.waiting, self.at = 0, time.monotonic()

    def __call__(self, count: int) -> None:
        """Take note of more rows that are done."""
        self.waiting += count
        if time.monotonic() - self.at >= SAID_SECONDS:
            self.rows.update(done=F("done") + self.waiting, moved_at=timezone.now())
            self.waiting, self.at = 0, time.monotonic()


def _keep(export: Export, card: ProfileCard, file: File, size: int) -> None:  # type: ignore[type-arg]
    """Store a file; where its archive is no longer waited for, it goes again."""
    moment = timezone.now()
    name = _storage().save(f"{card.id}/{moment:%Y%m%d-%H%M%S}.zip", file)
    waited = Export.objects.using("default").filter(pk=export.pk, state=STATES.WAITING)
    made = {"state": STATES.READY, "file": name, "size": size, "made_at": moment}
    if not waited.update(**made, done=F("total"), moved_at=moment):
        _storage().delete(name)


def _of(account_id: int) -> Export | None:
    return Export.objects.using("default").filter(account_id=account_id).first()


def _remove(export: Export) -> None:
    # The row last: a file that stays behind is found by it.
    if export.file:
        _storage().delete(export.file)
    Export.objects.using("default").filter(pk=export.pk).delete()


def _storage() -> Storage:
    return storages["archives"]
