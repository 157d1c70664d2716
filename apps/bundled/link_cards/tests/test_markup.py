import time

import pytest

from apps.bundled.link_cards import markup
from apps.bundled.link_cards.markup import About

URL = "https://page.example/a/b"


@pytest.mark.parametrize(
    ("page", "about"),
    [
        ("<title> A &amp;\n <b>", ("A &", "", "")),
        ('<title>x</title><meta property="og:title" content="&lt;b&gt; T">', ("<b> T", "", "")),
        ("<META NAME=description CONTENT='d > e'><title>t", ("t", "d > e", "")),
        (
            '<meta property="og:image" content="../i.png"><meta name="twitter:title" content=t>'
            '<meta property=og:image content="https://other.example/">',
            ("t", "", "https://page.example/i.png"),
        ),
        ('<title>t<meta property="og:image" content="http://page.example/i.png">', ("t", "", "")),
        ('<title>t<meta property="og:image" content="javascript:alert(1)">', ("t", "", "")),
        ('<title>t<meta property="og:image" content="https://[::1">', ("t", "", "")),
        ("<title>a\x00\x1b\u202eb\u2028c", ("a b c", "", "")),
        ('<title>real<meta property="og:title" content=" ">', ("real", "", "")),
        ("<p>nothing", ("", "", "")),
    ],
)
def test_what_a_page_says_of_itself(page, about):
    assert markup.read(page.encode(), "utf-8", URL) == About(*about)


def test_long_lines_are_cut():
    page = f'<title>{"t" * 500}</title><meta name="description" content="{"d" * 500}">'

    title, description, _ = markup.read(page.encode(), None, URL)

    assert (len(title), title[-1], len(description), description[-1]) == (200, "…", 300, "…")


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("<title>Grüße".encode(), None),
        ("<title>Grüße".encode("latin-1"), "latin-1"),
        ("<meta charset='iso-8859-1'><title>Grüße".encode("latin-1"), None),
        ("<title>Grüße".encode(), "no-such-charset"),
    ],
)
def test_charsets_are_those_declared(body, charset):
    assert markup.read(body, charset, URL).title == "Grüße"


def test_a_charset_that_is_no_text_is_none():
    assert markup.read(b"<title>t", "base64", URL).title == "t"


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<meta ", '<meta a="', "<meta <!--", "<title", "<meta &#", "<meta charset=", "<!--"],
)
def test_no_page_takes_long(piece):
    body = (piece * (2**20 // len(piece))).encode()

    begun = time.monotonic()
    markup.read(body, None, URL)
    assert time.monotonic() - begun < 2
