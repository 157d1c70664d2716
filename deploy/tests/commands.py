"""Whether what the containers of our image are told to run is there."""

import importlib
import sys
from pathlib import Path

from django.core.management import get_commands, load_command_class

PROGRAMS = Path(sys.executable).parent


def check(command):
    """Fail where the program is missing, or what it is told to run."""
    program, *rest = command
    assert (PROGRAMS / program).exists(), program
    if program == "python":
        script, name, *options = rest
        assert script == "manage.py"
        # Ends the test where it does not know an option.
        load_command_class(get_commands()[name], name).create_parser(script, name).parse_args(
            options
        )
    if program == "gunicorn":
        importlib.import_module(rest[rest.index("--config") + 1].removeprefix("python:"))
    if program == "celery":
        app, role = rest[rest.index("-A") + 1 :][:2]
        importlib.import_module(f"{app}.celery")
        assert role in ("worker", "beat")
