import re
import xml.etree.ElementTree as ET

from apps.loadtest import reports
from apps.loadtest.samples import Sample
from apps.loadtest.summaries import NOBODY_SIGNED_IN
from apps.loadtest.tests.test_summaries import START, samples_of, summed


def test_the_report_is_one_file_with_plots_limits_and_tables():
    page = reports.page(summed(samples_of()))

    titles = re.findall(r"<figcaption>(.*?)<", page)
    assert titles == ["Visitors", "Rate", "Time, ms from when it was due", "Errors"]
    assert "limit 300 ms" in page
    assert "limit 0.1 %" in page
    assert page.count("<polyline") == 2 + 1 + 3 + 1
    assert page.count("<table>") == 3
    assert not re.search(r'(?:src|href)="|url\(|@import', page)
    assert "prefers-color-scheme: dark" in page


def test_every_plot_is_well_formed():
    page = reports.page(summed(samples_of()))

    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(svg)


def test_a_failed_run_says_so_and_why():
    wrong = Sample("page", START, 0.5, error="a page without <article>")

    page = reports.page(summed(samples_of(but=[wrong])))

    assert 'class="verdict bad">failed<' in page
    assert "0.10% are errors" in page
    assert "page: a page without &lt;article&gt;" in page


def test_the_report_says_at_once_when_nobody_was_signed_in():
    samples = samples_of()
    page = reports.page(summed(samples))
    assert page.index(NOBODY_SIGNED_IN) < page.index("<h2>Phases</h2>")

    samples.visits += [(START, 1, 1)]
    assert NOBODY_SIGNED_IN not in reports.page(summed(samples))


def test_the_cores_are_drawn_where_they_are_known():
    found = summed(samples_of())
    found.usage = {"at": [0, 1], "cores": {"web": [0.5, 1], "postgres": [0.1, 0.2]}}

    assert "Cores used" in reports.page(found)
