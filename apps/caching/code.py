"""Which program this is: what one version of it has cached is not for another to take.

While a new version is rolled out both run side by side, and a cached value may be of another shape,
or HTML of another design.
"""

import hashlib
import threading
from pathlib import Path

from django.apps import apps
from django.conf import settings

SUFFIXES = {".py", ".html"}
SKIPPED = {"tests", "migrations", "__pycache__"}

_lock = threading.Lock()
_found = ""


def fingerprint() -> str:
    """Return a word for the Python files and templates of the site and of its apps."""
    return _found or _find()


def _find() -> str:
    """Read all of them, once: many threads would do so for long, each in the others' way."""
    global _found
    with _lock:
        _found = _found or _read()
    return _found


def _read() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for folder in _folders() for path in _files(folder)):
        digest.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _folders() -> set[Path]:
    """Return the apps of the site, and plugins from elsewhere; not Django and its like."""
    ours = (config for config in apps.get_app_configs() if not config.name.startswith("django"))
    return {Path(config.path) for config in ours} | {Path(settings.BASE_DIR) / "project"}


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.suffix in SUFFIXES and not SKIPPED & set(path.parts)
    ]
