#!/usr/bin/env python3
"""What the main pages cost a browser, beside their budgets: first byte, bytes, requests.

    python benchmarks/weight.py [--url http://127.0.0.1:8000] [--rounds 5] [--member NAME:PASSWORD]

Asks a site that runs; over loopback only. The first byte is the median of the rounds. Bytes are
what goes over the wire with gzip, a file counted once for each page; files that the site sends as
they are (where they are not collected) are compressed here as a web server would. Exits with 1
where a page is over its budget.
"""

import argparse
import gzip
import http.cookiejar
import re
import statistics
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from functools import cache
from typing import NamedTuple

LOOPBACK = ("127.0.0.1", "localhost", "::1")
FILES = re.compile(r"""<(?:script|link|img)\b[^>]*?(?:src|href)="(/static/[^"]+)\"""")


class Budget(NamedTuple):
    """The most that a page may take: ms to the first byte, bytes of it, of its files, requests."""

    first_byte: float
    page: int
    files: int
    requests: int


PAGES = {
    "/public": Budget(100, 15_000, 60_000, 12),
    "/": Budget(100, 15_000, 60_000, 12),
    "/search": Budget(100, 10_000, 60_000, 12),
    "/topics": Budget(100, 10_000, 60_000, 12),
    "/accounts/sign-in": Budget(100, 10_000, 60_000, 15),
    "/accounts/sign-up": Budget(100, 10_000, 60_000, 12),
}
OF_MEMBERS = {
    "/": Budget(150, 15_000, 60_000, 12),
    "/notifications": Budget(150, 15_000, 60_000, 12),
    "/accounts/profile": Budget(150, 15_000, 60_000, 12),
    "/accounts/preferences": Budget(150, 15_000, 60_000, 12),
    "/accounts/sessions": Budget(150, 10_000, 60_000, 12),
}


class Visitor:
    """Asks as a browser does, and keeps cookies."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path: str, data: bytes | None = None) -> tuple[float, bytes, bytes]:
        """Return the ms to the first byte, what came over the wire, and what it says."""
        request = urllib.request.Request(self.url + path, data, {"Accept-Encoding": "gzip"})
        begun = time.perf_counter()
        with self.opener.open(request, timeout=20) as answer:
            first = answer.read(1)
            waited = (time.perf_counter() - begun) * 1000
            body = first + answer.read()
            is_zipped = answer.headers.get("Content-Encoding") == "gzip"
        return waited, body, gzip.decompress(body) if is_zipped else body

    def sign_in(self, name: str, password: str) -> None:
        """Be somebody."""
        self.ask("/accounts/sign-in")
        token = next(one.value for one in self.jar if one.name == "csrftoken")
        form = {"username": name, "password": password, "csrfmiddlewaretoken": token}
        self.ask("/accounts/sign-in", urllib.parse.urlencode(form).encode())


@cache
def weight(visitor: Visitor, path: str) -> int:
    """Return what a file takes compressed."""
    _, wire, body = visitor.ask(path)
    return min(len(wire), len(gzip.compress(body)))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--member", metavar="NAME:PASSWORD")
    options = parser.parse_args()
    if urllib.parse.urlsplit(options.url).hostname not in LOOPBACK:
        sys.exit("Only a site on this machine is asked: give its address on 127.0.0.1.")
    visitor = Visitor(options.url.rstrip("/"))
    print(f"{'page':26}{'first byte ms':>18}{'page bytes':>18}{'file bytes':>18}{'requests':>12}")
    over = [path for path, budget in PAGES.items() if not report(visitor, path, budget, options)]
    if options.member:
        visitor.sign_in(*options.member.split(":", 1))
        over += [p for p, budget in OF_MEMBERS.items() if not report(visitor, p, budget, options)]
    sys.exit(f"Over budget: {', '.join(over)}" if over else 0)


def report(visitor: Visitor, path: str, budget: Budget, options: argparse.Namespace) -> bool:
    """Print what a page takes beside what it may; tell whether it keeps to that."""
    rounds = [visitor.ask(path) for _ in range(options.rounds)]
    _, wire, body = rounds[-1]
    files = dict.fromkeys(FILES.findall(body.decode()))
    found = Budget(
        statistics.median(waited for waited, _, _ in rounds),
        min(len(wire), len(gzip.compress(body))),
        sum(weight(visitor, file) for file in files),
        1 + len(files),
    )
    cells = [f"{got:,.0f} / {most:,.0f}" for got, most in zip(found, budget, strict=True)]
    print(f"{path:26}{cells[0]:>18}{cells[1]:>18}{cells[2]:>18}{cells[3]:>12}")
    return all(got <= most for got, most in zip(found, budget, strict=True))


if __name__ == "__main__":
    try:
        main()
    except urllib.error.URLError as error:
        sys.exit(f"The site does not answer ({error.reason}). Start one: manage.py quickstart")
