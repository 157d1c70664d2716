"""What every answer tells browsers, and what pages must be like for it."""

import re
from pathlib import Path

import pytest

from project import policy

pytestmark = pytest.mark.django_db(databases="__all__")
ROOT = Path(__file__).resolve().parents[2]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=\"|javascript:", re.I)


def parsed(header):
    parts = (part.split() for part in header.split(";") if part.strip())
    return {name: set(sources) for name, *sources in parts}


@pytest.mark.parametrize(
    "path", ["/", "/public", "/no/such/page", "/health/live", "/admin/login/", "/topics"]
)
def test_every_answer_allows_no_script_but_our_files(client, path):
    answer = client.get(path)
    found = parsed(answer["Content-Security-Policy"])

    assert found["default-src"] == {"'none'"}
    assert found["script-src"] == found["style-src"] == {"'self'"}
    assert found["frame-ancestors"] == found["base-uri"] == {"'none'"}
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_pages_may_connect_to_the_site_and_to_push_and_nowhere_else():
    apart = policy.directives("https://a.example", "wss://push.a.example:8443")
    beside = policy.directives("http://127.0.0.1:8000", "")

    assert apart["connect-src"] == [
        "'self'",
        "wss://a.example",
        "https://a.example",
        "wss://push.a.example:8443",
        "https://push.a.example:8443",
    ]
    assert beside["connect-src"] == ["'self'", "ws://127.0.0.1:8000", "http://127.0.0.1:8000"]


def test_no_template_holds_what_the_policy_forbids():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in [*ROOT.glob("project/**/*.html"), *ROOT.glob("apps/**/templates/**/*.html")]
        for match in INLINE.finditer(path.read_text())
    ]

    assert found == []


def test_what_is_marked_as_safe_html_is_known():
    """Text of people is escaped by templates; each exception is one that was looked at."""
    marks = re.compile(r"mark_safe\(|\|\s*safe\b|SafeString\(|autoescape off")
    found = {
        str(path.relative_to(ROOT))
        for pattern in ("project/**/*.py", "apps/**/*.py", "project/**/*.html", "apps/**/*.html")
        for path in ROOT.glob(pattern)
        if "tests" not in path.parts and marks.search(path.read_text())
    }

    assert found == {
        "apps/posts/texts.py",  # links found in a text, all of it escaped by format_html
        "apps/posts/moulds.py",  # joins what its own templates made
        "project/templates/includes/field.html",  # help texts of forms, which are ours
    }
