import io
from unittest.mock import patch

import pytest
from django.db import DatabaseError
from PIL import Image

from apps.accounts import pictures, selectors, services
from apps.accounts.errors import NameTaken, NoSuchAccount
from apps.accounts.models import Account, Profile
from apps.pictures import files
from apps.pictures.errors import PictureRefused

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(size=(300, 200), kind="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return io.BytesIO(buffer.getvalue())


@pytest.mark.parametrize("shard", ["shard0", "shard1"])
def test_an_account_and_its_profile_share_an_id(make_account, shard):
    account = make_account("wren", shard=shard)

    assert Profile.objects.using(shard).get().pk == account.pk
    assert Account.objects.get().pk == account.pk
    assert selectors.profile_named("WREN").username == "wren"


@pytest.mark.parametrize(
    ("username", "email", "field"),
    [("WREN", "other@example.org", "username"), ("other", "WREN@example.org", "email")],
)
def test_a_name_is_taken_whatever_its_case(make_account, username, email, field):
    make_account("wren")

    with pytest.raises(NameTaken) as refusal:
        services.sign_up(username=username, email=email, password="x")

    assert refusal.value.field == field
    assert Account.objects.count() == 1


def test_a_profile_that_cannot_be_stored_leaves_the_name_free(make_account):
    with patch("apps.accounts.models.Profile.objects.create", side_effect=DatabaseError("no")):
        with pytest.raises(DatabaseError):
            make_account("wren")

    assert make_account("wren").username == "wren"


def test_nobody_has_an_unknown_name():
    with pytest.raises(NoSuchAccount, match="@nobody"):
        selectors.profile_named("nobody")


def test_a_picture_is_cut_to_a_square_and_encoded_anew(make_account):
    account = make_account()
    services.edit_profile(account_id=account.pk, name="W", bio="", picture=picture())

    card = selectors.profile_named(account.username)

    with files.storage().open(card.picture) as file, Image.open(file) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))
    assert card.picture_url == f"/media/{card.picture}"


def test_a_new_picture_replaces_the_file_of_the_old_one(make_account, tmp_path):
    account = make_account()
    services.edit_profile(account_id=account.pk, name="", bio="", picture=picture())
    services.edit_profile(account_id=account.pk, name="", bio="", picture=picture((9, 9), "GIF"))
    assert len(list(tmp_path.rglob("*.webp"))) == 1

    services.edit_profile(account_id=account.pk, name="", bio="", remove_picture=True)

    assert list(tmp_path.rglob("*.webp")) == []
    assert selectors.profile_named(account.username).picture_url is None


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"<svg/>"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(PictureRefused, match="JPEG, PNG"):
        pictures.store(1, io.BytesIO(data))


def test_a_picture_too_large_in_bytes_or_pixels_is_refused():
    with pytest.raises(PictureRefused, match="5 MB"):
        pictures.store(1, io.BytesIO(b"x" * (pictures.MOST_BYTES + 1)))
    with pytest.raises(PictureRefused, match="40 megapixels"):
        pictures.store(1, picture((9000, 5000)))


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ada Brandt", "AB"),
        ("Tomás de la Cruz", "TC"),
        ("mira", "M"),
        ("", "AR"),
        ("王 芳", "王芳"),
    ],
)
def test_initials_stand_in_for_a_picture(name, initials):
    assert selectors.ProfileCard(id=1, username="a_rook", name=name).initials == initials
