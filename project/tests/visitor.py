"""A browser without script: cookies, forms, nothing else."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request


class Visitor:
    """Speaks HTTP to a real process."""

    def __init__(self, url):
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        handler = urllib.request.HTTPCookieProcessor(self.jar)
        self.opener = urllib.request.build_opener(handler)

    def get(self, path):
        """Return the text of a page."""
        with self.opener.open(self.url + path, timeout=20) as answer:
            return answer.read().decode()

    def post(self, path, **fields):
        """Send a form; returns the text of the page that it leads to."""
        fields["csrfmiddlewaretoken"] = self.secret()
        data = urllib.parse.urlencode(fields).encode()
        with self.opener.open(self.url + path, data, timeout=20) as answer:
            return answer.read().decode()

    def sign_up(self, username):
        """Make an account and be signed in."""
        self.get("/accounts/sign-up")
        return self.post(
            "/accounts/sign-up",
            username=username,
            email=f"{username}@example.org",
            password="a good long password",
        )

    def secret(self):
        """Return the token that forms must carry."""
        for cookie in self.jar:
            if cookie.name == "csrftoken":
                return cookie.value
        self.get("/accounts/sign-in")
        return self.secret()


def texts_of(page):
    """Return the texts of the posts on a page."""
    return re.findall(r'<div class="text" dir="auto">(.*?)</div>', page)
