"""Environment variables, read once and typed; nonsense stops the start."""

from collections.abc import Mapping

from apps.kernel.errors import Misconfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


def flag(environ: Mapping[str, str], name: str, default: bool) -> bool:
    """Return the switch `name`; raises Misconfigured unless it reads as yes or no."""
    text = environ.get(name, str(default)).strip().lower()
    if text not in TRUE | FALSE:
        raise Misconfigured(name, "1 or 0", text)
    return text in TRUE


def integer(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Return the whole number `name`; raises Misconfigured outside low..high."""
    text = environ.get(name, str(default))
    if not text.strip().isdecimal() or not low <= int(text) <= high:
        raise Misconfigured(name, f"a whole number from {low} to {high}", text)
    return int(text)


def words(environ: Mapping[str, str], name: str, default: str = "") -> list[str]:
    """Return the comma-separated parts of `name`, without blanks."""
    return [part.strip() for part in environ.get(name, default).split(",") if part.strip()]
