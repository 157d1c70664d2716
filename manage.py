#!/usr/bin/env python3
"""Every command of Rookery starts here: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from apps.kernel.errors import Misconfigured

    try:
        execute_from_command_line(sys.argv)
    except Misconfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        what = str(error).strip().splitlines()[0]
        sys.exit(
            f"A database does not answer: {what}\n"
            "`manage.py cluster status` shows which; `cluster up` starts the embedded ones."
        )


if __name__ == "__main__":
    main()
