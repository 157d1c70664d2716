import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.archives import reader
from apps.archives.errors import UnreadableArchive
from apps.archives.html_text import html_to_text
from apps.archives.records import Broken, Record, Skipped
from apps.archives.tests.archives import ME, PUBLIC, note, outbox, tar, zipped
from apps.posts.kinds import Audience

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def read(tmp_path, data, name="archive"):
    path = tmp_path / name
    path.write_bytes(data)
    return [found for found, _ in reader.read(path, NOW)]


@pytest.mark.parametrize(
    "wrap", [bytes, tar, zipped, lambda data: tar(data, "w"), lambda d: tar(d, name="outbox.json")]
)
def test_an_outbox_is_read_plain_or_packed(tmp_path, wrap):
    found = read(tmp_path, wrap(outbox([note(1), note(2)])))

    assert [type(f) for f in found] == [Record, Record]
    assert found[0].created_at == datetime(2019, 3, 2, 10, 1, tzinfo=UTC)
    assert found[0].source_key == f"{ME}/statuses/1"


def test_json_lines_are_read(tmp_path):
    lines = [
        {"text": "one", "created_at": "2020-01-01T00:00:00Z"},
        {"text": "two", "created_at": "2020-01-01T02:00:00+02:00"},
        {"text": "three", "created_at": "2020-01-01 00:00:00"},
    ]
    found = read(tmp_path, "\n".join(json.dumps(line) for line in lines).encode())

    assert [f.text for f in found] == ["one", "two", "three"]
    assert {f.created_at for f in found} == {datetime(2020, 1, 1, tzinfo=UTC)}
    assert len({f.source_key for f in found}) == 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "Announce", "object": "https://x/1"}, "boosts"),
        ({"type": "Delete"}, "other activities"),
    ],
)
def test_what_is_not_a_post_is_left_out(tmp_path, changes, reason):
    assert read(tmp_path, outbox([note(1, **changes)])) == [Skipped(1, reason)]


@pytest.mark.parametrize(
    ("to", "audience"),
    [
        ([PUBLIC], Audience.PUBLIC),
        (["as:Public"], Audience.PUBLIC),
        ([f"{ME}/followers"], Audience.FOLLOWERS),
        ([f"{ME}/followers", "https://x/users/friend"], Audience.FOLLOWERS),
        (["https://x/users/friend"], Audience.NAMED),
        ([], Audience.NAMED),
    ],
)
def test_a_post_stays_for_whom_it_was(tmp_path, to, audience):
    activity = note(1, to=to, cc=[])
    activity["object"].update(to=to, cc=[])

    assert read(tmp_path, outbox([activity]))[0].audience == audience


@pytest.mark.parametrize(
    ("activity", "problem"),
    [
        (7, "not an object"),
        (note(1, content=None), "no content"),
        (note(1, content=["x"]), "no content"),
        (note(1, published="yesterday"), "not ISO 8601"),
        (note(1, published="2005-12-31T23:59:59Z"), "before 2006"),
        (note(1, published="2031-01-01T00:00:00Z"), "in the future"),
        (note(1, published="0001-01-01T00:00:00+23:00"), "out of range"),
        (note(1, content="<p>" + "x" * 6000 + "</p>"), "at most 5000"),
    ],
)
def test_a_broken_record_is_reported_with_its_position_and_the_rest_goes_in(
    tmp_path, activity, problem
):
    found = read(tmp_path, outbox([note(5), activity, note(6)]))

    assert [type(f) for f in found] == [Record, Broken, Record]
    assert found[1].position == 2
    assert problem in found[1].problem


def test_a_line_that_is_broken_is_reported_and_the_rest_goes_in(tmp_path):
    good = b'{"text": "x", "created_at": "2020-01-01T00:00:00Z"}\n'
    bad = [b"{not json\n", b"[]\n", b'{"text": 1}\n', b'{"text": "x"}\n', b"\xff\xfe\n"]
    long = b'{"text": "' + b"x" * (reader.LONGEST_LINE + 10) + b'"}\n'
    deep = b"[" * 100_000 + b"\n"

    found = read(tmp_path, good + b"".join(bad) + long + deep + good)

    kinds = [type(f) for f in found]
    assert kinds == [Record, *[Broken] * 7, Record]


def test_a_file_that_is_cut_gives_what_was_read_and_one_clear_error(tmp_path):
    data = outbox([note(n) for n in range(50)])
    path = tmp_path / "cut.json"
    path.write_bytes(data[: len(data) // 2])
    found = []

    with pytest.raises(UnreadableArchive, match=r"cannot be read after record \d+"):
        found.extend(f for f, _ in iterate(path, found))

    assert 10 < len(found) < 50


def iterate(path, found):
    for item in reader.read(path, NOW):
        found.append(item[0])
        yield item
        found.pop()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04broken",
        b"\x1f\x8bbroken",
        tar(b"{}", name="other.json"),
        zipped(b"{}", name="other.json"),
        zipped(outbox([note(1)]))[:-30],
        tar(outbox([note(n) for n in range(400)]))[:900],
    ],
)
def test_what_is_no_archive_is_refused(tmp_path, data):
    with pytest.raises(UnreadableArchive):
        read(tmp_path, data)


def test_an_archive_that_unpacks_without_end_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "MOST_BYTES", 100_000)

    with pytest.raises(UnreadableArchive, match="unpacks to more"):
        read(tmp_path, zipped(outbox([note(1, "x" * 400) for _ in range(1000)])))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>a &lt;b&gt; &amp; c&nbsp;d</p>", "a <b> & c d"),
        ('<a href="https://x.example/@ann">@<span>ann</span></a> hi', "@ann hi"),
        ('<a href="https://x.example/tags/rooks">#<span>rooks</span></a>', "#rooks"),
        (
            '<a href="https://example.org/a/long/way"><span class="invisible">https://</span>'
            '<span class="ellipsis">example.org/a</span>'
            '<span class="invisible">/long/way</span></a>',
            "https://example.org/a/long/way",
        ),
        ("<script>alert(1)</script>x<style>b{}</style>", "x"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("no markup", "no markup"),
        ("<p>un<b>closed", "unclosed"),
    ],
)
def test_html_becomes_the_text_that_was_typed(html, text):
    assert html_to_text(html) == text


@given(st.text())
def test_any_html_gives_some_text(html):
    assert isinstance(html_to_text(html), str)


@pytest.mark.parametrize(
    ("said", "warning"),
    [
        ("spoilers", "spoilers"),
        ("<p>of\n all</p>", "of all"),
        (None, ""),
        (7, ""),
        ("x" * 900, 500),
    ],
)
def test_a_post_that_warns_still_does(tmp_path, said, warning):
    activity = note(1)
    activity["object"]["summary"] = said

    found = read(tmp_path, outbox([activity]))[0]

    assert found.text == "hello"
    assert found.warning == ("x" * warning if isinstance(warning, int) else warning)


def test_a_picture_without_words_is_left_out(tmp_path):
    assert read(tmp_path, outbox([note(1, "")])) == [Skipped(1, "posts without text")]


def test_an_audience_may_be_a_single_address(tmp_path):
    activity = note(1, to=PUBLIC, cc=None)

    assert isinstance(read(tmp_path, outbox([activity]))[0], Record)
