import json
from pathlib import Path

import pytest

from apps.cluster import topology
from apps.cluster.topology import TopologyError
from apps.kernel.errors import Misconfigured

GOOD = {
    "directory": {"primary": "postgresql://u:p%40ss@h0:5432/d", "replicas": []},
    "shards": {
        "shard0": {"primary": "postgresql://u:p@h1/d", "replicas": ["postgresql://u:p@h2:6000/d"]},
        "shard1": {"primary": "postgresql://u:p@a:1,b:2/d?target_session_attrs=read-write"},
    },
    "cache": {"url": "redis://h3:6379/0"},
}


def changed(path, value):
    tree = json.loads(json.dumps(GOOD))
    *parents, last = path
    place = tree
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return tree


def test_a_topology_becomes_databases_and_groups():
    parsed = topology.parse(GOOD)

    databases = topology.databases(parsed, options={"CONN_MAX_AGE": None})

    assert list(databases) == ["default", "shard0", "shard0_replica0", "shard1"]
    assert databases["default"]["PASSWORD"] == "p@ss"
    assert databases["shard0_replica0"]["TEST"] == {"MIRROR": "shard0"}
    assert (databases["shard1"]["HOST"], databases["shard1"]["PORT"]) == ("a,b", "1,2")
    assert databases["shard1"]["OPTIONS"]["target_session_attrs"] == "read-write"
    assert databases["shard0"]["PORT"] == "5432"
    assert topology.groups(parsed) == {
        "default": (),
        "shard0": ("shard0_replica0",),
        "shard1": (),
    }
    assert parsed.broker == "redis://h3:6379/1"
    assert parsed.channels == "redis://h3:6379/2"


def test_the_broker_and_the_channels_never_share_the_database_of_the_cache():
    parsed = topology.parse(changed(["cache", "url"], "rediss://:p@h:6379/4?ssl_cert_reqs=none"))

    assert parsed.broker == "rediss://:p@h:6379/5?ssl_cert_reqs=none"
    assert parsed.channels == "rediss://:p@h:6379/6?ssl_cert_reqs=none"


def test_a_host_may_be_an_ipv6_address_or_a_folder_of_sockets():
    several = changed(["directory", "primary"], "postgresql://u@[::1]:6000,[fe80::2],c/d")
    folder = changed(["directory", "primary"], "postgresql://u@%2Frun%2Fpg/d")

    default = topology.databases(topology.parse(several), options={})["default"]
    assert (default["HOST"], default["PORT"]) == ("::1,fe80::2,c", "6000,5432,5432")
    default = topology.databases(topology.parse(folder), options={})["default"]
    assert default["HOST"] == "/run/pg"


def test_a_refusal_shows_no_password():
    with pytest.raises(TopologyError) as refusal:
        topology.parse(changed(["directory", "primary"], "mysql://u:s3cret@h/d"))

    assert "s3cret" not in str(refusal.value)
    assert "mysql://u:***@h/d" in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "value", "key", "expected"),
    [
        (["directory"], None, "directory", "a table"),
        (["shards"], {}, "shards", "at least one"),
        (["shards", "Bad-Name"], {"primary": "postgresql://x/d"}, "shards.Bad-Name", "a name like"),
        (["shards", "default"], {"primary": "postgresql://x/d"}, "shards.default", "a name like"),
        (["shards", "shard0", "primary"], None, "shards.shard0.primary", "postgresql://"),
        (["shards", "shard0", "primary"], "mysql://x", "shards.shard0.primary", "postgresql://"),
        (["shards", "shard0", "primary"], 7, "shards.shard0.primary", "postgresql://"),
        (["shards", "shard0", "replicas"], "x", "shards.shard0.replicas", "a list"),
        (["shards", "shard0", "replicas"], ["x"], "shards.shard0.replicas[0]", "postgresql://"),
        (["shards", "shard0", "replica"], [], "shards.shard0", "only primary, replicas"),
        (["cache"], None, "cache", "a table"),
        (["shards", "shard0"], "x", "shards.shard0", "a table [shards.shard0]"),
        (["shards", "shard0", "primary"], "postgresql://", "shards.shard0.primary", "a URL"),
        (["directory", "primary"], "postgresql://h:port/d", "directory.primary", "host:port"),
        (["directory", "primary"], "postgresql://h:99999/d", "directory.primary", "host:port"),
        (["directory", "primary"], "postgresql://[::1/d", "directory.primary", "host:port"),
        (["cache", "url"], "http://x", "cache.url", "redis://"),
        (["cache", "url"], "redis://", "cache.url", "redis://"),
        (["cache", "url"], "redis://h/zero", "cache.url", "the number of a database"),
        (["cache", "port"], 6379, "cache", "only url"),
        (["broker"], {"url": "kafka://x"}, "broker.url", "redis://"),
        (["extra"], 1, "the topology", "only"),
        (
            ["shards", "shard0", "replicas"],
            ["postgresql://u:p@h1/d"],
            "the servers",
            "a different server",
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(path, value, key, expected):
    with pytest.raises(TopologyError) as refusal:
        topology.parse(changed(path, value))

    assert refusal.value.key == key
    assert expected in str(refusal.value)


def test_a_topology_comes_from_a_toml_file_or_from_json(tmp_path):
    file = tmp_path / "topology.toml"
    file.write_text(
        '[directory]\nprimary = "postgresql://u:p@h0/d"\n'
        '[shards.a]\nprimary = "postgresql://u:p@h1/d"\n[cache]\nurl = "redis://c"\n'
    )

    assert list(topology.load({"ROOKERY_TOPOLOGY": str(file)}, tmp_path).shards) == ["a"]
    loaded = topology.load({"ROOKERY_TOPOLOGY": json.dumps(GOOD)}, tmp_path)
    assert list(loaded.shards) == ["shard0", "shard1"]


@pytest.mark.parametrize("given", ["/no/such/file.toml", "{bad json", "{}", "[directory"])
def test_a_topology_that_cannot_be_read_stops_the_start_with_one_message(given, tmp_path):
    with pytest.raises(Misconfigured, match=r"ROOKERY_TOPOLOGY: .* Set it and start again"):
        topology.load({"ROOKERY_TOPOLOGY": given}, tmp_path)


def test_before_the_first_up_the_embedded_plan_still_loads(tmp_path: Path):
    loaded = topology.load({}, tmp_path)

    assert list(loaded.shards) == ["shard0", "shard1"]


def test_variables_stand_for_passwords(tmp_path):
    text = json.dumps(GOOD).replace("u:p@h1", "u:${SHARD0_PASSWORD}@h1")
    environ = {"ROOKERY_TOPOLOGY": text, "SHARD0_PASSWORD": "a/b@c:${d}"}

    databases = topology.databases(topology.load(environ, tmp_path), options={})

    assert databases["shard0"]["PASSWORD"] == "a/b@c:${d}"
    assert databases["shard0"]["HOST"] == "h1"


def test_a_variable_that_is_not_set_is_named(tmp_path):
    text = json.dumps(GOOD).replace("u:p@h1", "u:${SHARD0_PASSWORD}@h1")

    with pytest.raises(TopologyError, match="SHARD0_PASSWORD"):
        topology.load({"ROOKERY_TOPOLOGY": text}, tmp_path)
