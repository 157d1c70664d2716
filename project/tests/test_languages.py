"""English and German, whole: every text of a page, and whose language it is."""

import ast
import re
from pathlib import Path

import polib
import pytest
from django.template.base import Lexer, TokenType
from django.utils.translation import override
from django.utils.translation.template import templatize

from apps.edge.languages import preferred
from apps.posts import services as posts

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "project/locale/de/LC_MESSAGES/django.po"
# Operators' pages are in one language; a skeleton is for who writes a plugin.
ONE_LANGUAGE = ("/admin/", "/ops/", "/events/", "/grid/", "/sharding/", "skeleton", "/txt/")
SPOKEN = re.compile(r"""(?:aria-label|title|placeholder|alt)="([^"]*)\"""")
WORD = re.compile(r"[A-Za-zÄÖÜäöü]{2,}")
# What is the same in every language.
SAME = {"UTC"}
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}


def templates():
    found = [*ROOT.glob("project/templates/**/*.html"), *ROOT.glob("apps/**/templates/**/*.html")]
    return [path for path in found if not any(part in str(path) for part in ONE_LANGUAGE)]


def modules():
    found = [*ROOT.glob("project/**/*.py"), *ROOT.glob("apps/**/*.py")]
    return [path for path in found if "tests" not in path.parts]


def bare_text(source):
    """Return what a template says without asking for its translation."""
    kept, in_block = [], False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            word = token.contents.split()[0]
            in_block = word == "blocktranslate" or (in_block and word != "endblocktranslate")
        elif token.token_type == TokenType.TEXT and not in_block:
            kept.append(token.contents)
    text = re.sub(r"<(script|code|kbd|style)\b.*?</\1>", " ", " ".join(kept), flags=re.S)
    spoken = [match[1] for match in SPOKEN.finditer(text)]
    shown = re.sub(r"<[^>]*>|&\w+;", " ", re.sub(r'="[^"]*"', "", text))
    return {word for part in (shown, *spoken) for word in WORD.findall(part)} - SAME


def asked_for():
    """Return what templates and modules ask to be translated."""
    for path in templates():
        yield from _calls(templatize(path.read_text()), str(path))
    for path in modules():
        yield from _calls(path.read_text(), str(path))


def _calls(source, name):
    if name.endswith(".html"):
        # What is between the calls is no Python.
        for call in re.findall(
            r"\bn?gettext\((u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")", source
        ):
            yield ast.literal_eval(call)
        for call in re.findall(r"\b_\((u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")", source):
            yield ast.literal_eval(call)
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield first.value


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_no_template_says_a_word_without_asking_for_its_translation(path):
    assert bare_text(path.read_text()) == set()


def test_every_text_is_translated_and_none_by_guess():
    found = {entry.msgid: entry for entry in polib.pofile(CATALOGUE)}
    wanted = set(asked_for())

    assert len(wanted) > 200
    assert wanted - found.keys() == set(), "manage.py makemessages -l de --no-location --no-wrap"
    for entry in found.values():
        assert entry.translated(), entry.msgid
        assert not entry.fuzzy, entry.msgid


def test_translations_carry_the_same_values():
    for entry in polib.pofile(CATALOGUE):
        said = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        holes = set(re.findall(r"%\(\w+\)[sd]|%s|\{\}", entry.msgid_plural or entry.msgid))
        for text in said:
            assert set(re.findall(r"%\(\w+\)[sd]|%s|\{\}", text)) == holes, entry.msgid


def test_what_is_installed_is_what_is_written():
    compiled = {
        e.msgid: (e.msgstr, e.msgstr_plural) for e in polib.mofile(CATALOGUE.with_suffix(".mo"))
    }
    written = {e.msgid: (e.msgstr, e.msgstr_plural) for e in polib.pofile(CATALOGUE)}

    assert compiled == written, "manage.py compilemessages -l de"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr,de;q=0.5", "de"),
        ("fr", "en"),
        ("*", "en"),
        ("en;q=0.1,de;q=0.9", "de"),
        ("x" * 10_000, "en"),
    ],
)
def test_the_browsers_first_language_that_there_is(accepted, language):
    assert preferred(accepted) == language


@pytest.mark.django_db(databases="__all__")
def test_a_page_speaks_the_accounts_language_then_the_browsers(client, make_account):
    german = {"Accept-Language": "de"}
    assert 'lang="de"' in client.get("/public", headers=german).text
    assert "Was alle hier schreiben" in client.get("/public", headers=german).text
    assert 'lang="en"' in client.get("/public").text
    client.force_login(make_account("ada"))
    assert "Abmelden" in client.get("/public", headers=german).text

    client.post("/accounts/preferences", {"language": "en", "shortcuts": "on"})

    answer = client.get("/public", headers=german)
    assert "Sign out" in answer.text
    assert answer["Content-Language"] == "en"
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.django_db(databases="__all__")
def test_posts_that_are_kept_rendered_are_kept_for_each_language(client, make_account):
    ada = make_account("ada")
    posts.publish(author_id=ada.pk, text="hello")

    assert "Post by ada" in client.get("/public").text
    assert "Beitrag von ada" in client.get("/public", headers={"Accept-Language": "de"}).text
    assert "Post by ada" in client.get("/public").text


@pytest.mark.django_db(databases="__all__")
def test_refusals_are_translated_too(client, held):
    german = {"Accept-Language": "de"}

    answer = client.get("/@nobody", headers=german)

    assert answer.status_code == 404
    assert "Es gibt kein Konto @nobody." in answer.text
    assert "Hier ist nichts" in client.get("/no/such", headers=german).text


@pytest.mark.django_db(databases="__all__")
def test_what_is_written_runs_as_its_letters_do(client, make_account):
    client.force_login(make_account("ada"))
    for path in ("/posts/new", "/accounts/profile", "/search"):
        page = client.get(path).text
        fields = re.findall(
            r'<textarea[^>]*>|<input[^>]*name="(?:q|warning|new_alt_1)"[^>]*>', page
        )

        assert fields
        assert [field for field in fields if 'dir="auto"' not in field] == []


def test_mails_and_forms_of_allauth_are_german_as_well():
    from django.utils.translation import gettext

    with override("de"):
        assert gettext("Two-Factor Authentication") != "Two-Factor Authentication"
        assert gettext("Password Reset") != "Password Reset"


@pytest.mark.django_db(databases="__all__")
def test_plugins_speak_the_readers_language_on_their_threads(client):
    page = client.get("/public", headers={"Accept-Language": "de"}).text

    assert "Im Trend" in page
    assert 'placeholder="Suche"' in page
