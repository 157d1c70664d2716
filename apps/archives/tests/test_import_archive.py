import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from apps.archives.tests.archives import note, outbox, tar
from apps.posts import selectors
from apps.posts.models import Post
from apps.sharding import places

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "export.tar.gz"
    items = [note(n, f"<p>post {n}</p>") for n in range(40)]
    items[7] = note(7, published="never")
    items[9] = note(9, type="Announce", object="https://x/1")
    path.write_bytes(tar(outbox(items)))
    return path


def test_an_archive_goes_in_and_pages_through_completely(make_account, archive, capsys):
    account = make_account("wren")

    call_command("import_archive", str(archive), "--as", "wren")

    found, place = [], places.FIRST
    while True:
        page = selectors.author_page(author_id=account.pk, place=place, viewer_id=None)
        found += page.items
        if page.next_cursor is None:
            break
        place = places.parse(page.next_cursor)
    assert len(found) == 38
    assert [c.created_at for c in found] == sorted((c.created_at for c in found), reverse=True)
    said = capsys.readouterr().out
    for words in ("added", "38", "left out: boosts", "Record 8 is broken"):
        assert words in said


def test_the_same_archive_again_adds_nothing(make_account, archive, capsys):
    account = make_account("wren")
    call_command("import_archive", str(archive), "--as", "wren")
    capsys.readouterr()

    call_command("import_archive", str(archive), "--as", "wren")

    assert Post.objects.filter(author_id=account.pk).count() == 38
    assert "already there" in capsys.readouterr().out


def test_an_unknown_account_and_an_unreadable_file_are_said_clearly(make_account, tmp_path):
    make_account("wren")
    broken = tmp_path / "broken.json"
    broken.write_text("hello")

    with pytest.raises(CommandError, match="no account @nobody"):
        call_command("import_archive", str(broken), "--as", "nobody")
    with pytest.raises(CommandError, match="neither an outbox"):
        call_command("import_archive", str(broken), "--as", "wren")
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_archive", str(tmp_path / "none"), "--as", "wren")


def test_what_was_read_of_a_file_that_is_cut_stays(make_account, tmp_path):
    account = make_account("wren")
    data = outbox([note(n) for n in range(100)])
    path = tmp_path / "cut.json"
    path.write_bytes(data[: len(data) // 2])

    with pytest.raises(CommandError, match="after record"):
        call_command("import_archive", str(path), "--as", "wren")

    assert 20 < Post.objects.filter(author_id=account.pk).count() < 100


READ = """
import sys, tracemalloc
from pathlib import Path
from apps.archives import reader
tracemalloc.start()
count = sum(1 for _ in reader.read(Path(sys.argv[1])))
print(count, tracemalloc.get_traced_memory()[1])
"""


def test_memory_does_not_grow_with_the_archive(tmp_path):
    peaks = {}
    for count in (10_000, 100_000):
        path = tmp_path / f"{count}.json"
        line = '{"text": "post %d", "created_at": "2019-03-01T10:00:00Z"}\n'
        path.write_text("".join(line % n for n in range(count)))
        done = subprocess.run(
            [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True
        )
        read, peak = map(int, done.stdout.split())
        assert read == count
        peaks[count] = peak

    assert peaks[100_000] < peaks[10_000] * 1.1
