"""What comes in, and what is kept of it."""

import io
import struct
import zlib

import pytest
from PIL import Image

from apps.pictures import processing
from apps.pictures.errors import PictureRefused

GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def opened(encoded):
    return Image.open(io.BytesIO(encoded.data))


def claims(width, height):
    """A PNG of a few bytes that says it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    found = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        found += struct.pack(">I", len(data)) + kind + data
        found += struct.pack(">I", zlib.crc32(kind + data))
    return io.BytesIO(found)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_becomes_webp_whatever_it_was(picture, kind):
    encoded = processing.full(picture((300, 200), kind))

    found = opened(encoded)

    assert (found.format, found.size) == ("WEBP", (300, 200))
    assert (encoded.width, encoded.height) == (300, 200)


def test_where_and_with_what_it_was_taken_is_gone_and_it_stands_upright(picture):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[MAKE] = "SecretCamera"
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    source = picture((400, 200), "JPEG", exif=exif, comment=b"SecretComment")
    assert b"SecretCamera" in source.getvalue()

    found = processing.full(source)

    assert (found.width, found.height) == (200, 400)
    assert not opened(found).getexif()
    assert set(opened(found).info) <= {"loop", "background", "timestamp", "duration"}
    assert b"Secret" not in found.data
    assert b"EXIF" not in found.data


def test_what_follows_the_picture_in_its_file_is_gone(picture):
    source = io.BytesIO(picture((20, 20), "JPEG").getvalue() + b"<script>alert(1)</script>")

    assert b"script" not in processing.full(source).data


def test_a_profile_of_colours_is_applied_and_left_out(picture):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    found = processing.full(picture((30, 30), "PNG", icc_profile=profile))

    assert b"ICCP" not in found.data
    assert opened(found).size == (30, 30)


def test_what_is_clear_stays_clear(picture):
    found = processing.full(picture((30, 30), "PNG", "RGBA", (0, 0, 0, 0)))

    assert opened(found).convert("RGBA").getpixel((5, 5))[3] == 0


def test_a_large_picture_is_made_smaller_and_keeps_its_shape(picture):
    found = processing.full(picture((5000, 1000), "JPEG"))
    small = processing.small(io.BytesIO(found.data))

    assert (found.width, found.height) == (2560, 512)
    assert (small.width, small.height) == (640, 128)
    assert processing.thumbnail_size(2560, 512) == (640, 128)


def test_the_thinnest_picture_keeps_a_pixel(picture):
    found = processing.full(picture((6000, 1), "PNG"))

    assert (found.width, found.height) == (2560, 1)


@pytest.mark.parametrize("size", [(9000, 5000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(size, monkeypatch):
    decoded = []
    monkeypatch.setattr(Image.Image, "resize", lambda *_, **__: decoded.append(1))

    with pytest.raises(PictureRefused):
        processing.full(claims(*size))

    assert not decoded


def test_a_file_of_too_many_bytes_is_refused_without_reading_it_all():
    source = io.BytesIO(b"x" * (processing.MOST_BYTES + 1000))

    with pytest.raises(PictureRefused, match="16 MB"):
        processing.full(source)

    assert source.tell() == processing.MOST_BYTES + 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        b"RIFF\0\0\0\0WEBPVP8 ",
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(PictureRefused, match="not a JPEG"):
        processing.full(io.BytesIO(data))


def test_a_kind_of_picture_that_we_do_not_take_is_refused(picture):
    for kind in ("BMP", "TIFF", "ICO"):
        with pytest.raises(PictureRefused):
            processing.full(picture((20, 20), kind))


def test_a_picture_that_breaks_off_is_refused(picture):
    data = picture((800, 600), "JPEG").getvalue()

    with pytest.raises(PictureRefused):
        processing.full(io.BytesIO(data[: len(data) // 2]))
