"""Secrets of examples do not start a site that others can reach; what is good does."""

import json
import os
import re
import secrets
import subprocess
import sys

import pytest

from apps.cluster import topology as topologies
from apps.kernel.errors import Misconfigured
from project import keys
from project.tests.test_docs import ROOT

GOOD = secrets.token_hex(32)


def topology(password="x7Gd81kQpz", cache="redis://cache:6379/0"):
    database = f"postgresql://rookery:{password}@db:5432/rookery"
    tree = {
        "directory": {"primary": database},
        "shards": {"shard0": {"primary": database.replace("@db", "@shard0")}},
        "cache": {"url": cache},
    }
    return json.dumps(tree)


def check(**variables):
    """Run the deployment checks with the settings of production."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={
            **os.environ,
            "ROOKERY_SITE_URL": "https://rookery.test",
            "ROOKERY_TRUSTED_PROXIES": "10.0.0.0/8",
            "ROOKERY_SECRET_KEY": GOOD,
            "ROOKERY_TOPOLOGY": topology(),
            **variables,
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_the_deployment_checks_are_clean_with_the_settings_of_production():
    done = check()

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_who_forgets_the_proxies_is_told():
    done = check(ROOKERY_TRUSTED_PROXIES="")

    assert done.returncode == 1
    assert "ROOKERY_TRUSTED_PROXIES" in done.stderr


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"ROOKERY_SECRET_KEY": "change-me-" * 6}, "ROOKERY_SECRET_KEY"),
        ({"ROOKERY_SECRET_KEY": "x" * 50}, "ROOKERY_SECRET_KEY"),
        ({"ROOKERY_SECRET_KEY": ""}, "ROOKERY_SECRET_KEY"),
        ({"ROOKERY_METRICS_TOKEN": "secret"}, "ROOKERY_METRICS_TOKEN"),
        ({"ROOKERY_TOPOLOGY": topology("password")}, "directory"),
        ({"ROOKERY_TOPOLOGY": topology(cache="redis://:changeme@cache:6379/0")}, "cache"),
    ],
)
def test_secrets_of_examples_stop_the_start_and_are_not_printed(variables, named):
    done = check(**variables)

    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert not re.search("change-me-change|changeme|xxxxx", done.stderr)


def test_every_example_of_the_documents_is_refused():
    """What stands in docs and deploy as a password in a URL must not start a site."""
    texts = [
        path.read_text()
        for path in (*ROOT.glob("docs/*.md"), *ROOT.glob("deploy/**/*.md"), ROOT / "README.md")
    ]
    found = {pair for text in texts for pair in re.findall(r"://[\w.]+:([\w-]+)@", text)}

    assert found
    for password in found:
        made = topologies.load({"ROOKERY_TOPOLOGY": topology(password)}, ROOT)
        with pytest.raises(Misconfigured):
            keys.refuse_examples(made, GOOD, "")


def test_no_file_of_the_repository_holds_a_secret():
    """Compose and Kubernetes take them from the environment and from Secrets."""
    literal = re.compile(r"(?i)(secret[_-]?key|password|token)\"?\s*[:=]\s*[\"']?([\w+/=-]{12,})")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in ROOT.glob("deploy/**/*.*")
        if path.suffix in (".yaml", ".env", ".toml") and "tests" not in path.parts
        for match in literal.finditer(path.read_text())
    ]

    assert found == []
