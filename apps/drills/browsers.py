"""A person at a browser: over HTTP, with cookies, as everybody comes to the site."""

import http.client
import secrets
import select
import urllib.parse
from http.cookies import SimpleCookie

from apps.drills.people import Author
from apps.drills.samples import ERROR, OK, STALE

# A request that waits for longer is an error; the longest that the site itself waits is less.
PATIENCE = 12


class Browser:
    """Speaks HTTP as one person; keeps the cookies that it is given."""

    def __init__(self, port: int, author: Author) -> None:
        self.port, self.name = port, author.name
        self.cookies = {"rookery_session": author.session, "csrftoken": secrets.token_hex(16)}
        self.connection: http.client.HTTPConnection | None = None
        self.written = ""

    def write(self, text: str) -> tuple[str, str]:
        """Publish a post."""
        answer, _ = self._ask("POST", "/posts/", {"text": text})
        if answer.status == 302 and answer.headers["Location"] == "/":
            self.written = text
            return OK, ""
        return ERROR, str(answer.status)

    def read(self) -> tuple[str, str]:
        """Look at one's own page: what was acknowledged is on it, whatever happened since."""
        answer, body = self._ask("GET", f"/@{self.name}", {})
        if answer.status != 200:
            return ERROR, str(answer.status)
        return (OK, "") if self.written in body else (STALE, self.written)

    def close(self) -> None:
        """Drop the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _ask(
        self, method: str, path: str, form: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, str]:
        if self.connection is None or self._is_hung_up():
            self.close()
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-CSRFToken": self.cookies["csrftoken"],
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            self.connection.request(method, path, urllib.parse.urlencode(form), headers)
            answer = self.connection.getresponse()
            body = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        self._keep(answer)
        return answer, body

    def _is_hung_up(self) -> bool:
        """Tell whether the server has closed the connection while nothing was asked."""
        sock = self.connection.sock if self.connection else None
        return sock is not None and bool(select.select([sock], [], [], 0)[0])

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        if answer.will_close:
            self.close()
