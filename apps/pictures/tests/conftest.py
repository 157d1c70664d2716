import io

import pytest
from django.core.files.storage import InMemoryStorage
from PIL import Image

from apps.pictures import files


@pytest.fixture
def kept(monkeypatch):
    """Files in memory; gives their storage."""
    storage = InMemoryStorage(base_url="/media/")
    monkeypatch.setattr(files, "storage", lambda: storage)
    return storage


@pytest.fixture
def picture():
    """Return a function that makes a file: `picture((800, 600), "PNG")`."""

    def make(size=(800, 600), kind="PNG", mode="RGB", colour="teal", **options):
        buffer = io.BytesIO()
        Image.new(mode, size, colour).save(buffer, kind, **options)
        buffer.seek(0)
        return buffer

    return make
