"""The refusals of the microkernel, and what a plugin's call is cut off with."""

from django.utils.translation import gettext as _

from apps.kernel.errors import RookeryError


class NoSuchPlugin(RookeryError):
    """A plugin is named that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no plugin {name!r}. `manage.py plugins list` shows all.")


class NotAPlugin(RookeryError):
    """A plugin cannot be used as it is."""


class CutOff(BaseException):
    """Ends a call that the core no longer waits for; no `except Exception` holds it up."""


class TooSlow(Exception):
    """A call took longer than its hook allows."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"It took more than {seconds:g} s, so nobody waits for it any longer.")


class TooManyQueries(BaseException):
    """A call asked the databases more often than its hook allows."""

    def __init__(self, most: int) -> None:
        super().__init__(f"It sent more than {most} queries to the databases.")


class Stuck(Exception):
    """Earlier calls of the plugin still run on threads that nobody waits for."""

    seconds = 60.0

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} of its calls still hang, so it is not called again yet.")


class PluginFailed(RookeryError):
    """A page of a plugin cannot be shown; the rest of the site goes on."""

    def __init__(self, plugin: str, error: BaseException) -> None:
        super().__init__(
            _("The part “%(name)s” of this site fails just now. Try again in a moment.")
            % {"name": plugin}
        )
        self.plugin, self.error = plugin, error


class Unanswered(RookeryError):
    """A plugin that protects somebody does not answer, so what it was asked for is not done."""

    def __init__(self) -> None:
        super().__init__(
            _("A part of this site fails just now, so this waits. Try again in a moment.")
        )
