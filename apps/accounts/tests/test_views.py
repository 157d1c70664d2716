import pytest

from apps.accounts.models import Account

pytestmark = pytest.mark.django_db(databases="__all__")

SIGN_UP = {"username": "wren", "email": "wren@example.org", "password": "a good long password"}


def test_signing_up_signs_in(client):
    answer = client.post("/accounts/sign-up", SIGN_UP, follow=True)

    assert answer.redirect_chain == [("/", 302)]
    assert "Welcome, @wren." in answer.text
    assert answer.context["user"].username == "wren"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("username", "two words", "letters (a to z)"),
        ("username", "x" * 31, "at most 30"),
        ("username", "taken", "This username is taken"),
        ("email", "taken@example.org", "This e-mail address is taken"),
        ("email", "no address", "valid email"),
        ("password", "short", "too short"),
        ("password", "password123", "too common"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(client, make_account, field, value, problem):
    make_account("taken")

    answer = client.post("/accounts/sign-up", {**SIGN_UP, field: value})

    assert any(problem in error for error in answer.context["form"].errors[field])
    assert Account.objects.count() == 1


def test_signing_in_and_out(client, make_account):
    make_account("wren")
    form = {"username": "Wren", "password": "a good long password", "next": "/public"}

    assert client.post("/accounts/sign-in", form).url == "/public"
    assert client.get("/").context["user"].username == "wren"
    assert client.post("/accounts/sign-out").url == "/"
    assert "Sign up" in client.get("/").text


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client, make_account):
    make_account("wren")

    answers = [
        client.post("/accounts/sign-in", {"username": name, "password": "wrong"})
        for name in ("wren", "nobody")
    ]

    problems = [answer.context["form"].non_field_errors() for answer in answers]
    assert (
        problems[0]
        == problems[1]
        == ["This username and password do not belong together. Try again."]
    )


def test_a_blocked_account_cannot_sign_in(client, make_account):
    make_account("wren")
    Account.objects.update(is_active=False)

    answer = client.post(
        "/accounts/sign-in", {"username": "wren", "password": "a good long password"}
    )

    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_changing_the_password(client, make_account):
    client.force_login(make_account("wren"))
    form = {
        "oldpassword": "a good long password",
        "password1": "another long password",
        "password2": "another long password",
    }

    answer = client.post("/accounts/password", form, follow=True)

    assert "Password successfully changed." in answer.text
    assert answer.context["user"].username == "wren"
    assert Account.objects.get().check_password("another long password")


def test_editing_the_profile(client, make_account):
    client.force_login(make_account("wren"))

    answer = client.post(
        "/accounts/profile", {"name": "A Wren", "bio": "Small. #birds"}, follow=True
    )

    assert "A Wren" in answer.text
    assert '<a href="/tags/birds" class="tag">#birds</a>' in answer.text


@pytest.mark.parametrize("path", ["/accounts/profile", "/accounts/password", "/posts/new"])
def test_a_visitor_is_asked_to_sign_in(client, path):
    assert client.get(path).url == f"/accounts/sign-in?next={path}"


def test_who_may_change_accounts_makes_nobody_staff_and_changes_no_staff(client, make_account):
    from django.contrib.auth.models import Permission

    helper = make_account("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__endswith="_account"))
    root, ada = make_account("root", is_staff=True, is_superuser=True), make_account("ada")
    client.force_login(helper)
    change = "/admin/accounts/account/{}/change/"
    form = {"is_active": "on", "is_staff": "on", "is_superuser": "on", "email": "x@example.org"}

    assert client.post(change.format(ada.pk), form).status_code == 302
    assert client.post(change.format(helper.pk), form).status_code == 403
    assert client.post(change.format(root.pk), {}).status_code == 403
    assert client.get(f"/admin/accounts/account/{root.pk}/password/").status_code == 403
    ada.refresh_from_db()
    assert (ada.is_active, ada.is_staff, ada.is_superuser) == (True, False, False)
