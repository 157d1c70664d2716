"""compose.yaml is validated here as far as its text goes; nothing runs it."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import commands
import pytest
import yaml
from manifests import ROOT

from apps.cluster import topology

COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {"migrate", "web", "push", "worker", "beat"}


def test_it_has_every_part():
    databases = {"directory", "shard0", "shard1"}
    replicas = {f"{name}-replica" for name in databases}

    assert SERVICES.keys() == OURS | databases | replicas | {"nginx", "valkey"}


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there_and_it_is_watched(name):
    service = SERVICES[name]

    assert re.search(r":[\w.-]+$", service["image"])
    assert service.keys() & {"healthcheck", "build"}
    assert set(service.get("depends_on", ())) <= SERVICES.keys()
    for volume in service.get("volumes", ()):
        source = volume.split(":")[0]
        there = (
            (ROOT / "deploy" / source).exists()
            if source[0] == "."
            else source in COMPOSE["volumes"]
        )
        assert there, volume


@pytest.mark.parametrize("name", sorted(name for name in OURS if "command" in SERVICES[name]))
def test_every_command_is_there(name):
    commands.check(SERVICES[name]["command"])


def test_nginx_is_started_again_with_those_whose_addresses_it_has_looked_up():
    nginx = SERVICES["nginx"]
    asked = {nginx["environment"][name].split(":")[0] for name in ("WEB", "PUSH")}

    again = {"condition": "service_healthy", "restart": True}
    assert nginx["depends_on"] == dict.fromkeys(asked, again)


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_image_is_told_its_tag(name):
    service = SERVICES[name]

    assert service["image"] == f"rookery:{service['build']['args']['VERSION']}"


@pytest.mark.parametrize("name", sorted(OURS | {"nginx"}))
def test_what_faces_people_has_no_rights(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_what_nobody_waits_for_has_a_smaller_share_of_the_cores():
    shares = {name: service.get("cpu_shares", 1024) for name, service in SERVICES.items()}

    assert {name for name, share in shares.items() if share < 1024} == {"worker", "beat"}


def test_the_topology_names_the_services(tmp_path):
    path = ROOT / "deploy/compose/topology.toml"
    environ = SERVICES["web"]["environment"]
    passwords = dict.fromkeys(re.findall(r"\$\{(\w+)\}", path.read_text()), "secret")
    read = topology.load({"ROOKERY_TOPOLOGY": str(path), **passwords}, tmp_path)

    assert passwords.keys() <= environ.keys()
    for name, group in {"directory": read.directory, **read.shards}.items():
        assert urlsplit(group.primary).hostname == name
        assert [urlsplit(url).hostname for url in group.replicas] == [f"{name}-replica"]
        assert SERVICES[f"{name}-replica"]["environment"]["PRIMARY"] == name
        assert SERVICES[f"{name}-replica"]["depends_on"].keys() == {name}


def test_every_variable_is_one_that_is_read():
    documented = (ROOT / "docs/settings.md").read_text()
    asked = (ROOT / "deploy/compose/topology.toml").read_text()
    for name in OURS:
        for variable in SERVICES[name]["environment"]:
            assert f"`{variable}`" in documented or f"${{{variable}}}" in asked


def test_no_secret_is_written_down_and_each_is_asked_for_with_where_it_is_explained():
    text = (ROOT / "deploy/compose.yaml").read_text()
    asked = set(re.findall(r"\$\{(\w+):\?see deploy/README.md\}", text))
    readme = Path(ROOT / "deploy/README.md").read_text()

    assert asked == set(re.findall(r"(?<!\$)\$\{(\w+)", text))
    assert all(f"{name}=$(openssl" in readme for name in asked)
