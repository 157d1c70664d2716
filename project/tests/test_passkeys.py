"""Passkeys, in a browser with an authenticator of its own."""

import pytest

from project.tests.test_browser import sign_up

pytestmark = [
    pytest.mark.browser,
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_signs_in_without_a_name_and_a_password(browser, url):
    # A passkey belongs to a name; an address of numbers has none.
    site = url.replace("127.0.0.1", "localhost")
    page = sign_up(browser, site, "ada")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto(f"{site}/accounts/second-factor/webauthn/add/")
    page.fill("main input[name=password]", "a good long password")
    page.click("main button.button")
    page.fill("main input[name=name]", "This machine")
    page.check("main input[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_selector("main:has-text('recovery codes')")
    page.click("nav button:has-text('Sign out')")
    page.wait_for_selector("nav a:has-text('Sign in')")

    page.goto(f"{site}/accounts/sign-in")
    page.click("#passkey_login")

    page.wait_for_selector("nav button:has-text('Sign out')")
    # Push takes the site's own origin only, and this one goes by another name.
    assert [problem for problem in page.problems if "WebSocket" not in problem] == []
