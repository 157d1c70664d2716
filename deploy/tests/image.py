"""Carries a Dockerfile out in a folder: what needs no root and no base image."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from string import Template

from manifests import ROOT

FOLDERS = ("/opt", "/app", "/srv", "/tmp")


def instructions():
    """Yield (word, rest) of each line of the Dockerfile."""
    for line in (ROOT / "deploy/Dockerfile").read_text().splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest


class Image:
    """Stages as folders: a path of the image lies below the folder of its stage."""

    def __init__(self, folder, **arguments):
        self.folder, self.stage = folder, None
        self.arguments, self.declared = arguments, {}
        self.env, self.command, self.check, self.user = {}, [], [], ""
        # Of what a step gave to somebody: chown itself needs root.
        self.owners = {}
        for word, rest in instructions():
            getattr(self, f"do_{word.lower()}")(rest)

    def inside(self, text):
        """Return a text with the paths of the image as paths of the stage's folder."""
        return re.sub(rf"(?<![\w.])({'|'.join(FOLDERS)})(?=/|:|$|\s)", rf"{self.root}\1", text)

    @property
    def root(self):
        return self.folder / self.stage

    def do_from(self, rest):
        self.stage = rest.split(" AS ")[1]
        for name in FOLDERS:
            (self.root / name[1:]).mkdir(parents=True)

    def do_copy(self, rest):
        *flags, path, place = rest.split()
        options = dict(flag.removeprefix("--").split("=") for flag in flags)
        source = self.folder / options["from"] if "from" in options else ROOT
        origin, target = source / path.lstrip("/"), Path(self.inside(place))
        if source == ROOT:
            assert self.sent(path), f"{path} is not sent to the builder"
        if origin.is_dir():
            ignored = shutil.ignore_patterns(*self.ignored()) if source == ROOT else None
            shutil.copytree(origin, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy(origin, target)
        if "chown" in options:
            copied = [target / found.relative_to(origin) for found in origin.rglob("*")]
            self.owners |= dict.fromkeys(copied, options["chown"])

    def do_run(self, rest):
        done = subprocess.run(
            self.inside(rest), shell=True, cwd=self.root, env=self.environ(), capture_output=True
        )
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()

    def do_env(self, rest):
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            # The downloads of the last run are what makes this test quick.
            if name != "PIP_NO_CACHE_DIR":
                self.env[name] = self.inside(Template(value).substitute(self.declared))

    def do_arg(self, rest):
        self.declared[rest] = self.arguments[rest]

    def do_workdir(self, rest):
        self.cwd = self.inside(rest)

    def do_user(self, rest):
        self.user = rest

    def do_expose(self, rest):
        self.port = rest

    def do_healthcheck(self, rest):
        self.check = json.loads(rest.partition(" CMD ")[2])

    def do_cmd(self, rest):
        self.command = json.loads(rest)

    def environ(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.root), **self.env}

    def _lines(self):
        return (ROOT / "deploy/Dockerfile.dockerignore").read_text().splitlines()

    def sent(self, name):
        return f"!{name}" in self._lines()

    def ignored(self):
        return [line.removeprefix("**/") for line in self._lines() if line.startswith("**/")]
