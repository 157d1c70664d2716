#!/usr/bin/env python3
"""Every command of Rookery starts here: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    from django.core.management import execute_from_command_line

    from apps.kernel.errors import Misconfigured

    try:
        execute_from_command_line(sys.argv)
    except Misconfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
