"""The root of every refusal: a type that carries facts and names the fix."""


class RookeryError(Exception):
    """A refusal that Rookery makes on purpose; its text says what to do next."""


class Misconfigured(RookeryError):
    """A setting is missing or makes no sense; the process must not start."""

    def __init__(self, name: str, expected: str, got: object) -> None:
        super().__init__(f"{name}: expected {expected}, got {got!r}. Set it and start again.")
        self.name = name


class BadCursor(RookeryError):
    """A page was asked for at a place that is no id."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:40]!r} is not a place in this list. Start at its first page.")
