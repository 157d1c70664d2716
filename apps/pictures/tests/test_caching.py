"""Pages with pictures are kept, and never older than what is stored."""

import pytest

from apps.pictures import services
from apps.pictures.services import Focus
from apps.posts import services as posts

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def test_a_kept_page_follows_its_pictures(client, make_account, kept, picture):
    ada = make_account("ada")
    row = services.store(author_id=ada.pk, upload=picture(), alt="a crow")
    post = posts.publish(author_id=ada.pk, text="look", picture_ids=[row.pk])
    paths = ("/public", f"/@ada/{post.pk}")

    def shown():
        return [client.get(path).text for path in paths]

    assert all(f'src="/media/{row.name}"' in page for page in shown())
    assert all('alt="a crow"' in page for page in shown())

    services.make_thumbnail(row.pk)
    assert all("-small.webp" in page for page in shown())

    services.describe(author_id=ada.pk, picture_id=row.pk, alt="a rook", focus=Focus(1, 1))
    assert all('class="fx-10 fy-0"' in page and 'alt="a rook"' in page for page in shown())

    posts.delete(post_id=post.pk, by=ada.pk)
    assert row.name not in client.get("/public").text
