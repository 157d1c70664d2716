"""Log lines for people and for machines."""

import json
import logging
import os

import pytest

from apps.kernel.errors import Misconfigured
from apps.tracing import logs, trace


@pytest.fixture(params=logs.FORMATS)
def write(request, capsys):
    """Return a function that logs as a process would, and returns what came out."""
    chosen = logs.configuration(request.param)["formatters"]["chosen"]["()"]

    def out(work):
        handler = logging.StreamHandler()
        handler.setFormatter(chosen())
        handler.addFilter(logs.Here())
        logger = logging.Logger("apps.test")
        logger.addHandler(handler)
        with trace.scope("request-17"):
            work(logger)
        return capsys.readouterr().err

    out.is_json = request.param == "json"
    return out


def test_a_line_says_what_happened_where_and_in_whose_name(write):
    out = write(lambda log: log.warning("slow %s", "shard0", extra={"shard": "shard0"}))

    assert out.count("\n") == 1
    if not write.is_json:
        assert out == "WARNING apps.test: slow shard0 [request-17]\n"
        return
    found = json.loads(out)
    assert found["unit"].endswith(f":{os.getpid()}")
    assert found["time"].startswith("20")
    wanted = ("level", "logger", "message", "request_id", "shard")
    assert [found[name] for name in wanted] == [
        "WARNING",
        "apps.test",
        "slow shard0",
        "request-17",
        "shard0",
    ]


def test_strangers_write_no_lines_of_the_log(write):
    out = write(lambda log: log.warning("GET %s", "/x\nCRITICAL apps: all is lost\x1b[31m"))

    assert out.count("\n") == 1
    assert "\x1b" not in out


def test_a_fault_brings_its_traceback(write):
    def fail(log):
        try:
            raise ValueError("no such rook")
        except ValueError:
            log.exception("That failed")

    out = write(fail)

    assert "no such rook" in out
    assert "Traceback" in (json.loads(out)["traceback"] if write.is_json else out)


def test_no_other_form_is_known():
    with pytest.raises(Misconfigured):
        logs.form("ROOKERY_LOG_FORMAT", "xml")
