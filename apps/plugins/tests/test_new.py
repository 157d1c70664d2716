"""What `plugins new` writes is a plugin, whose own test passes in a process of its own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.plugins import skeletons
from apps.plugins.errors import NotAPlugin


@pytest.mark.cluster
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_new_plugin_works_and_passes_its_test(tmp_path, install_plugins, in_their_own_database):
    call_command("plugins", "new", "wren_song", "--to", str(tmp_path))
    environ = install_plugins({"wren_song": tmp_path / "wren_song" / "wren_song"})

    root = settings.BASE_DIR

    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--create-db"),
            *("--rootdir", str(root), "-c", str(root / "pyproject.toml")),
            str(tmp_path / "wren_song" / "wren_song" / "tests"),
        ],
        cwd=root,
        env={**os.environ, **environ, **in_their_own_database},
        capture_output=True,
        text=True,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["Wren", "9lives", "a-b", "class", "x" * 41, "../x"])
def test_what_is_no_name_is_refused(name, tmp_path):
    with pytest.raises(NotAPlugin, match="no name"):
        skeletons.write(name, tmp_path, None)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over():
    with pytest.raises(CommandError, match="there already"):
        call_command("plugins", "new", "hashtags")
