"""The operators' page in a real browser: it moves by itself, also while a shard is stopped."""

import time

import pytest

from apps.accounts.models import Account
from apps.replication.tests.conftest import stopped  # noqa: F401  (a fixture)
from project.tests.test_browser import sign_up, wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]


@pytest.fixture
def page(site, browser, elsewhere):
    """The page, open and live, as an operator sees it."""
    page = sign_up(browser, site.url, "root")
    elsewhere(Account.objects.filter(username="root").update, is_staff=True, is_superuser=True)
    page.goto(f"{site.url}/admin/topology/")
    page.wait_for_selector("#topology-live.is-live")
    return page


def test_a_stopped_shard_is_on_the_page_at_once_and_gone_from_it_when_it_is_back(page, stopped):  # noqa: F811
    first = page.get_attribute(".topo-sum", "data-at")
    wait_until(page, f"document.querySelector('.topo-sum').dataset.at !== '{first}'")
    page.wait_for_selector("text=All 8 database servers answer")

    with stopped("shard1"):
        begun = time.monotonic()
        page.wait_for_selector("li:has-text('shard1 does not answer')")
        seen = time.monotonic() - begun
        assert "could not be asked" in page.inner_text("#topology")
        # The other shard's figures go on, and the page itself is answered.
        begun = time.monotonic()
        page.reload()
        page.wait_for_selector("li:has-text('shard1 does not answer')")
        loaded = time.monotonic() - begun
        page.wait_for_selector("#topology-live.is-live")
    page.wait_for_selector("text=All 8 database servers answer")

    print(f"seen after {seen:.1f} s, page loaded in {loaded:.1f} s while the shard was stopped")
    assert loaded < 10
    assert [problem for problem in page.problems if "404" not in problem] == []
