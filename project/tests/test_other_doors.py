"""Signing in through an OpenID Connect server: a real one in small, over TLS."""

import http.cookiejar
import json
import ssl
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from apps.cluster import plan as plans
from apps.cluster import processes
from project.tests.test_processes import answers

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.django_db(databases="__all__", transaction=True),
]
WHO = {"sub": "17", "email": "ada@example.org", "email_verified": True, "name": "Ada"}


class Elsewhere(BaseHTTPRequestHandler):
    """Knows one person, and hands out one code."""

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/.well-known/openid-configuration":
            places = {"authorization": "authorize", "token": "token", "userinfo": "who"}
            own = {f"{name}_endpoint": f"{self.server.url}/{p}" for name, p in places.items()}
            self.tell({"issuer": self.server.url, **own})
        elif url.path == "/authorize":
            asked = dict(urllib.parse.parse_qsl(url.query))
            back = urllib.parse.urlencode({"code": "c1", "state": asked["state"]})
            self.send_response(302)
            self.send_header("Location", f"{asked['redirect_uri']}?{back}")
            self.end_headers()
        else:
            assert self.headers["Authorization"] == "Bearer t1"
            self.tell(WHO)

    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = dict(urllib.parse.parse_qsl(form))
        assert asked["code"] == "c1"
        # That code without this verifier is worth nothing (PKCE).
        assert asked["code_verifier"]
        self.tell({"access_token": "t1", "token_type": "Bearer"})

    def tell(self, data):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(data).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def authority(tmp_path):
    """Who vouches for the server's name; its path as well."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority, tmp_path / "ca.pem"


@pytest.fixture
def elsewhere(authority):
    """The address of the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(start_process, elsewhere, authority):
    """A site that has this door open."""
    (port,) = plans.free_ports(1)
    config = ("--config", "python:project.serving.web", "--bind", f"127.0.0.1:{port}")
    start_process(
        "gunicorn",
        *config,
        ROOKERY_SITE_URL=f"http://127.0.0.1:{port}",
        ROOKERY_OPENID_URL=elsewhere,
        ROOKERY_OPENID_LOGIN="rookery:secret",
        ROOKERY_OPENID_NAME="The school",
        REQUESTS_CA_BUNDLE=str(authority[1]),
    )
    found = f"http://127.0.0.1:{port}"
    assert processes.wait_for(lambda: answers(f"{found}/health/live"), 90)
    return found


@pytest.fixture
def visit(authority):
    """Return a function that makes a browser without script: where it is, and what it reads."""

    def browser():
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(jar),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authority[1])),
        )

        def go(address, **form):
            data = None
            if form:
                form["csrfmiddlewaretoken"] = next(c.value for c in jar if c.name == "csrftoken")
                data = urllib.parse.urlencode(form).encode()
            with opener.open(address, data, timeout=30) as answer:
                return urllib.parse.urlsplit(answer.url).path, answer.read().decode()

        return go

    return browser


def test_who_comes_through_another_door_chooses_a_name_once(url, visit):
    go = visit()
    assert "The school" in go(f"{url}/accounts/sign-in")[1]
    door = f"{url}/accounts/oidc/openid/login/?process=login"

    place, page = go(door, process="login")
    assert place == "/accounts/elsewhere/signup/"
    assert 'value="ada@example.org"' in page
    place, page = go(f"{url}{place}", username="ada", email="ada@example.org")
    assert place == "/"
    assert "Sign out" in page
    assert "pending" not in go(f"{url}/accounts/email")[1]

    again = visit()
    again(f"{url}/accounts/sign-in")
    place, page = again(door, process="login")
    assert place == "/"
    assert 'href="/@ada"' in page
