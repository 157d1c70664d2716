"""Keeps every sample, of all processes and machines, and judges them when the test ends."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import gevent
import mix
from locust import LoadTestShape, events
from locust.env import Environment
from locust.runners import Runner, WorkerRunner

from apps.loadtest import reports
from apps.loadtest.profiles import Profile
from apps.loadtest.samples import Sample, Samples
from apps.loadtest.summaries import Limits, Summing

# One clock that never goes back, in seconds since 1970.
_EPOCH = time.time() - time.monotonic()
# Workers report every three seconds; what they have at the end must arrive.
LAST_REPORTS = 7.0

samples = Samples()
limits = Limits()


def now() -> float:
    """Return the time."""
    return _EPOCH + time.monotonic()


def add(name: str, due: float, took: float, late: float, error: str) -> None:
    """Keep a sample."""
    samples.add(Sample(name, due, took, late, error))


def visit(more: int, members: int) -> None:
    """Note that visitors came, or left where `more` is negative; how many of them are signed in."""
    samples.visits.append((now(), more, members))


def grace() -> float:
    """Return how many seconds late an answer may be."""
    return limits.p999_ms / 1000


def said(answer: Any) -> str:
    """Say in short what was wrong with an answer."""
    if answer.status_code:
        return f"status {answer.status_code}"
    # The client wraps what happened in "no more tries are left".
    return type(getattr(answer.error, "original", None) or answer.error).__name__


class Schedule(LoadTestShape):
    """Has as many visitors as a profile says, then waits for the last answers."""

    abstract = True
    profile: Profile
    started = 0.0

    def tick(self) -> tuple[int, float] | None:
        """Return how many visitors there are to be, and how fast they come."""
        if not self.started:
            options = self.runner.environment.parsed_options
            if options.begin and not Path(options.begin).exists():
                return 0, 100.0
            self.profile = self.profile.changed(scale=options.scale, speed=options.speed)
            self.started = float(Path(options.begin).read_text()) if options.begin else now()
            self.share, self.shares = _share(self.runner)
        since = now() - self.started
        if since < 0:
            return 0, 100.0
        if since < self.profile.seconds:
            # Rounded so that the shares of all processes make the whole. What a second's step asks
            # for is there before the next one.
            users = (self.profile.users_at(since) + self.share) // self.shares
            return users, max(100.0, self.profile.peak)
        return self._rest(since - self.profile.seconds)

    def _rest(self, since: float) -> tuple[int, float] | None:
        if not self.runner.user_count and not getattr(self, "empty", 0.0):
            self.empty = since
        patience = mix.TIMEOUT + 2 * LAST_REPORTS
        done = since > patience or (
            getattr(self, "empty", 0.0) and since > self.empty + LAST_REPORTS
        )
        return None if done else (0, 1000.0)


@events.init_command_line_parser.add_listener
def _options(parser: ArgumentParser) -> None:
    add_argument = parser.add_argument
    add_argument("--scale", type=float, default=1, help="of the visitors: 0.1 is a tenth")
    add_argument("--speed", type=float, default=1, help="10: phases of a tenth of their time")
    add_argument("--people", default="", help="sessions, of `manage.py loadtest people`")
    add_argument("--limit-ms", type=float, default=limits.p999_ms, help="for p99.9 of each phase")
    add_argument("--share", default="0/1", help="1/4: be the second of four processes")
    add_argument("--begin", default="", help="file that will say when: seconds since 1970")
    add_argument("--samples", default="", help="JSON file for every sample; nothing is judged then")
    add_argument("--result", default="", help="JSON file for all figures")
    add_argument("--report", default="", help="HTML file for people")
    add_argument("--live", default="", help="JSON file of how it is, rewritten each second")


@events.init.add_listener
def _prepare(environment: Environment, **_: Any) -> None:
    global limits
    import visitors

    options = environment.parsed_options
    limits = Limits(p999_ms=options.limit_ms)
    environment.stop_timeout = mix.TIMEOUT + 1
    if options.people:
        visitors.sign_in(options.people)
    else:
        visitors.stay_out()
    if not isinstance(environment.runner, WorkerRunner) and options.live:
        gevent.spawn(_tell, environment, Path(options.live))


@events.test_start.add_listener
def _divide(environment: Environment, **_: Any) -> None:
    import visitors

    # Not before: only now does a worker know which one it is.
    visitors.divide(*_share(environment.runner))


def _share(runner: Runner) -> tuple[int, int]:
    """Return which of how many processes this is, beginning with 0."""
    options = runner.environment.parsed_options
    if isinstance(runner, WorkerRunner):
        return runner.worker_index, options.expect_workers
    share, shares = options.share.split("/")
    return int(share), int(shares)


@events.request.add_listener
def _answered(name: str, exception: Any, context: dict[str, Any], **_: Any) -> None:
    context["visitor"].record(name, str(exception) if exception else "")


@events.user_error.add_listener
def _raised(user_instance: Any, exception: Exception, **_: Any) -> None:
    user_instance.record("never asked", f"{type(exception).__name__}: {exception}")


@events.report_to_master.add_listener
def _hand_over(client_id: str, data: dict[str, Any]) -> None:
    data["samples"] = samples.handed_over()


@events.worker_report.add_listener
def _take_over(client_id: str, data: dict[str, Any]) -> None:
    samples.take_over(data.pop("samples"))


@events.quitting.add_listener
def _judge(environment: Environment, **_: Any) -> None:
    if isinstance(environment.runner, WorkerRunner):
        return
    shape, options = environment.shape_class, environment.parsed_options
    if options.samples:
        samples.write(Path(options.samples), [mix.TOLD])
        environment.process_exit_code = 0
        return
    summing = Summing(samples, shape.profile, shape.started, limits)
    summary = summing.summary(url=environment.host or "", told=[mix.TOLD])
    if options.result:
        summary.write(Path(options.result))
    if options.report:
        Path(options.report).write_text(reports.page(summary))
    if summary.untested:
        print(summary.untested)
    for phase in summary.phases:
        print(f"{phase.name}: {'; '.join(phase.faults) or 'passed'}")
    environment.process_exit_code = 0 if summary.passed else 1


def _tell(environment: Environment, path: Path) -> None:
    draft = path.with_suffix(".new")
    while True:
        shape = environment.shape_class
        since = now() - shape.started if shape.started else 0.0
        told = {
            "since": since,
            "users": environment.runner.user_count,
            "asked": samples.count(),
            "errors": samples.errors(),
        }
        draft.write_text(json.dumps(told))
        draft.replace(path)
        gevent.sleep(1)
