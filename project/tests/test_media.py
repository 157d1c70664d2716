"""Where pictures are kept: told by the environment, and tried against a store that speaks S3."""

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import storages
from django.core.files.storage.handler import StorageHandler
from PIL import Image

from apps.kernel.errors import Misconfigured
from apps.pictures import files, selectors, services
from project import media, policy


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as keeps, shows and removes an object."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self):
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.objects[urlsplit(self.path).path] = (data, dict(self.headers))
        self.answer(200)

    def do_GET(self):
        found = self.server.objects.get(urlsplit(self.path).path)
        self.answer(200 if found else 404, found[0] if found else b"")

    def do_HEAD(self):
        self.do_GET()

    def do_DELETE(self):
        self.server.objects.pop(urlsplit(self.path).path, None)
        self.answer(204)

    def log_message(self, *_):
        pass


@pytest.fixture
def bucket():
    """A store on loopback; gives what is in it by path, and its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.objects = {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def in_bucket(bucket, monkeypatch):
    """Pictures are kept in the store."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    environ = {
        "ROOKERY_MEDIA_S3_BUCKET": "rooks",
        "ROOKERY_MEDIA_S3_DOMAIN": "pictures.example.org",
        "ROOKERY_MEDIA_S3_ENDPOINT": f"http://127.0.0.1:{bucket.server_port}",
    }
    handler = StorageHandler({"pictures": media.storage(environ)})
    monkeypatch.setattr(files, "storage", lambda: handler["pictures"])
    return bucket


def test_a_directory_keeps_pictures_where_nothing_else_is_said():
    assert media.storage({})["BACKEND"].endswith("FileSystemStorage")
    assert media.origins({}) == []
    assert storages["pictures"].url("posts/a.webp") == "/media/posts/a.webp"


def test_a_bucket_that_browsers_cannot_find_stops_the_start():
    with pytest.raises(Misconfigured, match="ROOKERY_MEDIA_S3_DOMAIN"):
        media.storage({"ROOKERY_MEDIA_S3_BUCKET": "rooks"})


def test_pages_may_show_what_is_in_the_bucket():
    origins = media.origins({"ROOKERY_MEDIA_S3_DOMAIN": "pictures.example.org"})

    found = policy.directives("https://a.example", "", pictures=origins)

    assert found["img-src"] == ["'self'", "data:", "https://pictures.example.org"]


@pytest.mark.django_db(databases="__all__")
def test_a_picture_goes_into_the_bucket_and_out_of_it(in_bucket, make_account, deliver):
    ada = make_account("ada")
    upload = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(upload, "PNG")
    upload.seek(0)

    row = services.store(author_id=ada.pk, upload=upload)
    deliver()

    data, headers = in_bucket.objects[f"/rooks/{row.name}"]
    small, _ = in_bucket.objects[f"/rooks/{files.small_name(row.name)}"]
    assert Image.open(io.BytesIO(data)).size == (900, 600)
    assert Image.open(io.BytesIO(small)).size == (640, 427)
    assert headers["Content-Type"] == "image/webp"
    assert "immutable" in headers["Cache-Control"]
    card = selectors.mine(row.pk, author_id=ada.pk)
    assert card.url == f"https://pictures.example.org/{row.name}"

    services.discard(author_id=ada.pk, picture_ids=[row.pk])
    deliver()
    assert in_bucket.objects == {}
