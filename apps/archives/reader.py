"""Reads archives as a stream, in flat memory: one record at a time, whatever the file's size."""

import json
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import ijson

from apps.archives import records
from apps.archives.errors import UnreadableArchive
from apps.archives.records import Broken, Found

OUTBOX = "outbox.json"
LONGEST_LINE = 2**20
# No account has written this much: what unpacks to more is not an archive but a trap.
MOST_BYTES = 4 * 2**30
HEAD = 64 * 1024


def read(path: Path, now: datetime | None = None) -> Iterator[tuple[Found, int]]:
    """Yield each record of an archive, and how many bytes of the file are read so far.

    Takes an outbox.json, plain or inside a .tar, .tar.gz or .zip, or JSON Lines; which of them
    is seen from the content. Raises UnreadableArchive for anything else, and where a file is
    cut: what came before has been yielded then.
    """
    now = now or datetime.now(UTC)
    position = 0
    try:
        with path.open("rb") as file, _unpacked(file) as stream:
            for found in _records(stream, now):
                position = found.position
                yield found, file.tell()
    except (ijson.JSONError, OSError, EOFError, zlib.error, tarfile.TarError) as error:
        place = f"after record {position}" if position else "at its start"
        raise UnreadableArchive(f"{path} cannot be read {place}: {_first_line(error)}") from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise UnreadableArchive(f"{path} is no zip file that can be read: {error}") from error


class Bounded:
    """A stream that gives out so many bytes and no more, and lets its start be looked at."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self.stream, self.left = stream, most
        self.head = stream.read(HEAD)
        self.unread = self.head

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raises UnreadableArchive past the bound."""
        size = HEAD if size is None or size < 0 else size
        if self.unread:
            data, self.unread = self.unread[:size], self.unread[size:]
            return data
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise UnreadableArchive(f"This archive unpacks to more than {MOST_BYTES >> 30} GiB.")
        return data


def _records(stream: Bounded, now: datetime) -> Iterator[Found]:
    if b'"orderedItems"' in stream.head or b"OrderedCollection" in stream.head:
        for position, item in enumerate(ijson.items(stream, "orderedItems.item"), 1):
            yield records.from_activity(position, item, now)
    elif stream.head.lstrip()[:1] == b"{":
        yield from _lines(stream, now)
    else:
        raise UnreadableArchive(
            "This is neither an outbox.json, nor an archive that holds one, nor JSON Lines of "
            '{"text", "created_at"}.'
        )


def _lines(stream: Bounded, now: datetime) -> Iterator[Found]:
    for position, line in enumerate(_split(stream), 1):
        if len(line) > LONGEST_LINE:
            yield Broken(position, f"a line of more than {LONGEST_LINE} bytes")
            continue
        try:
            item: Any = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Broken(position, f"not JSON: {_first_line(error)}")
            continue
        yield records.from_line(position, item, now)


def _split(stream: Bounded) -> Iterator[bytes]:
    """Yield lines that hold something; one that is too long comes cut, but not under the bound."""
    rest = b""
    while data := stream.read(HEAD):
        *whole, rest = (rest + data).split(b"\n")
        yield from (line for line in whole if line.strip())
        rest = rest[: LONGEST_LINE + 1]
    if rest.strip():
        yield rest


@contextmanager
def _unpacked(file: IO[bytes]) -> Iterator[Bounded]:
    head = file.read(512)
    file.seek(0)
    if head[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(file) as archive, archive.open(_zip_member(archive)) as member:
            yield Bounded(member, MOST_BYTES)
    elif head[:2] == b"\x1f\x8b" or head[257:262] == b"ustar":
        with tarfile.open(fileobj=file, mode="r|*") as tape:
            yield Bounded(_tar_member(tape), MOST_BYTES)
    else:
        yield Bounded(file, MOST_BYTES)


def _zip_member(archive: zipfile.ZipFile) -> str:
    for name in archive.namelist():
        if Path(name).name == OUTBOX:
            return name
    raise UnreadableArchive(f"This archive holds no {OUTBOX}.")


def _tar_member(archive: tarfile.TarFile) -> IO[bytes]:
    for member in archive:
        if member.isfile() and Path(member.name).name == OUTBOX:
            stream = archive.extractfile(member)
            if stream is not None:
                return stream
    raise UnreadableArchive(f"This archive holds no {OUTBOX}.")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
