import pytest

from apps.posts import services
from apps.posts.errors import TextRefused
from apps.posts.models import Post

pytestmark = pytest.mark.django_db(databases="__all__")
SECRET, WARNING = "the gardener did it", "how the film ends"


@pytest.fixture
def ada(client, make_account):
    ada = make_account("ada")
    client.force_login(ada)
    return ada


def test_what_a_post_warns_of_is_closed_until_it_is_opened(client, ada):
    client.post("/posts/", {"text": SECRET, "warning": f"  {WARNING}\n"})
    post = Post.objects.get(author_id=ada.pk)

    page = client.get(f"/@ada/{post.pk}").text

    assert post.warning == WARNING
    before, _, inside = page.partition('<details class="warned">')
    assert WARNING in before.partition("<title>")[2]
    assert SECRET not in before
    assert SECRET in inside.partition("</details>")[0]


def test_nothing_shows_what_a_post_warns_of_in_a_few_words(client, ada, make_account, deliver):
    wren = make_account("wren")
    services.publish(author_id=wren.pk, text=f"{SECRET} @ada", warning=WARNING)
    deliver()

    told = client.get("/notifications").text
    feed = client.get("/@wren/feed.json").text

    for said in (told, feed):
        assert WARNING in said
        assert SECRET not in said


def test_warning_and_text_are_as_long_together_as_a_post(ada):
    services.publish(author_id=ada.pk, text="x" * 400, warning="y" * 100)

    with pytest.raises(TextRefused, match="at most 500"):
        services.publish(author_id=ada.pk, text="x" * 400, warning="y" * 101)
