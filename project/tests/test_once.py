"""What is the same on every page is rendered once for each language."""

from django.template import engines
from django.utils import translation


def template(text):
    return engines["django"].from_string("{% load i18n %}" + text)


def test_a_block_is_rendered_once_for_each_language():
    page = template(
        '{% once %}<a href="{% url "timelines:public" %}">{% translate "Public" %}</a>{% endonce %}'
    )
    said = {}
    for language in ("en", "de", "en", "de"):
        with translation.override(language):
            html = page.render()
            assert said.setdefault(language, html) == html
            assert translation.gettext("Public") in html
    assert len(set(said.values())) == 2


def test_what_a_page_gives_cannot_get_from_one_to_the_next():
    page = template("{% once %}[{{ name }}]{% endonce %}{{ name }}")

    assert page.render({"name": "ada"}) == "[]ada"
    assert page.render({"name": "bea"}) == "[]bea"
