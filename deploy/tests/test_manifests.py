"""The manifests are validated here, as `kubectl kustomize` renders them; no cluster runs them."""

import copy
import ipaddress
import re
import shutil
from itertools import chain

import commands
import jsonschema
import kubernetes_validate
import pytest
from custom import SCHEMAS
from django.urls import resolve
from manifests import (
    NOT_OURS,
    PODS,
    ROOT,
    configuration,
    containers,
    labels_of,
    named,
    of_kind,
    pod_of,
    render,
    selects,
)
from policies import violations

VERSION = "1.37"
# What the settings read that a cluster has no use for.
NOT_THERE = {
    "ROOKERY_DEBUG": "never on outside a laptop",
    "ROOKERY_PG_BIN": "the embedded cluster's",
    "ROOKERY_VALKEY_BIN": "the embedded cluster's",
    "ROOKERY_ETCD_BIN": "the embedded cluster's",
    "ROOKERY_QUICKSTART": "marks the processes of quickstart",
    "ROOKERY_TEST_CLUSTER_KEEP": "the tests'",
    "ROOKERY_QUERY_CACHE": "to measure, or in doubt",
    "ROOKERY_SAFE_MODE": "to switch a plugin off that keeps the program from starting",
}
# What libraries read by themselves.
BY_OTHERS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_each_resource_has_the_form_that_the_cluster_demands(documents):
    for document in documents:
        own = SCHEMAS.get((document["apiVersion"], document["kind"]))
        if own:
            jsonschema.validate(document, own)
        else:
            kubernetes_validate.validate(document, VERSION, strict=True)
    assert len(documents) > 30


@pytest.mark.parametrize(
    "broken",
    [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"prots": []}},
    ],
)
def test_a_wrong_form_is_found(broken):
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


def test_each_container_is_bounded_watched_and_without_rights(documents):
    assert violations(documents) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (["containers", 0, "resources", "limits", "memory"], "web/app: no limits of memory"),
        (["containers", 0, "readinessProbe"], "web/app: no readinessProbe"),
        (["containers", 0, "lifecycle"], "web/app: no preStop"),
        (["securityContext", "runAsNonRoot"], "web/schema: may be root"),
        (["initContainers", 0, "securityContext"], "web/schema: may gain rights"),
        (["automountServiceAccountToken"], "web/app: has a token of the cluster"),
        (["topologySpreadConstraints"], "web: all pods may be on one node"),
    ],
)
def test_what_a_policy_forbids_is_found(documents, path, found):
    changed = copy.deepcopy(documents)
    *parents, last = path
    place = pod_of(named(changed, "Deployment", "web"))
    for step in parents:
        place = place[step]
    del place[last]

    assert found in violations(changed)


def may_reach(documents, pod, address, port):
    """Tell whether policies let the pods of a resource reach an address by its number."""

    def has(network):
        return ipaddress.ip_address(address) in ipaddress.ip_network(network)

    rules = [
        policy["spec"].get("egress", [])
        for policy in of_kind(documents, "NetworkPolicy")
        if "Egress" in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], labels_of(pod))
    ]
    blocks = [
        to["ipBlock"]
        for rule in chain.from_iterable(rules)
        if {"port": port} in rule["ports"]
        for to in rule["to"]
        if "ipBlock" in to
    ]
    # Whom no policy is for may do everything.
    return not rules or any(
        has(block["cidr"]) and not any(map(has, block["except"])) for block in blocks
    )


INSIDE = """
10.1.2.3 172.16.0.1 172.31.255.254 192.168.49.2 100.64.0.1 169.254.169.254 127.0.0.1 fd00::1 fe80::1
"""


def test_web_and_worker_alone_reach_the_world_and_nothing_inside(documents):
    def who(address, port):
        pods = of_kind(documents, *PODS)
        return {p["metadata"]["name"] for p in pods if may_reach(documents, p, address, port)}

    for port in (80, 443, 465, 587):
        for address in ("93.184.215.14", "172.32.0.1", "2606:2800:21f::1"):
            assert who(address, port) == {"web", "worker"}
        for address in INSIDE.split():
            assert who(address, port) == set(), address
    assert who("93.184.215.14", 22) == set()


def test_every_variable_is_one_that_is_read_and_every_one_that_is_read_is_set(documents):
    code = "".join(
        path.read_text()
        for top in ("apps", "project")
        for path in (ROOT / top).rglob("*.py")
        if "tests" not in path.parts
    )
    read = set(re.findall(r"ROOKERY_[A-Z0-9_]+[A-Z0-9]", code))
    in_topology = set(
        re.findall(r"\$\{(\w+)\}", configuration(documents, "topology")["topology.toml"])
    )
    given = set(configuration(documents, "settings"))
    given |= {
        variable["name"]
        for document, _, container in containers(documents)
        if document["metadata"]["name"] not in NOT_OURS
        for variable in container["env"]
    }
    image = set(re.findall(r"(ROOKERY_[A-Z_]+)=", (ROOT / "deploy/Dockerfile").read_text()))

    assert given <= read | in_topology | BY_OTHERS
    assert read - NOT_THERE.keys() <= given | image
    assert in_topology <= given


def test_what_nginx_is_given_is_what_its_configuration_asks_for(documents):
    asked = set(
        re.findall(r"\$\{(\w+)\}", configuration(documents, "nginx")["rookery.conf.template"])
    )
    edge = pod_of(named(documents, "Deployment", "edge"))["containers"][0]

    assert {variable["name"] for variable in edge["env"]} == asked


def test_every_command_is_there(documents):
    for document, _, container in containers(documents):
        if document["metadata"]["name"] in NOT_OURS:
            continue
        commands.check(container["command"])
        hooks = [
            container.get("lifecycle", {}).get("preStop", {}),
            container.get("livenessProbe", {}),
        ]
        for hook in hooks:
            if "exec" in hook:
                assert shutil.which(hook["exec"]["command"][0])


def test_probes_ask_for_pages_that_are_there_under_a_host_that_is_allowed(documents):
    allowed = configuration(documents, "settings")["ROOKERY_ALLOWED_HOSTS"].split(",")
    for name in ("web", "push"):
        app = pod_of(named(documents, "Deployment", name))["containers"][0]
        live, ready = app["livenessProbe"]["httpGet"], app["readinessProbe"]["httpGet"]
        assert resolve(live["path"]).view_name == "ops:live"
        assert resolve(ready["path"]).view_name == "ops:ready"
        for probe in (live, ready):
            assert {h["value"] for h in probe["httpHeaders"] if h["name"] == "Host"} <= set(allowed)


def test_a_pod_is_given_the_time_that_its_programs_take_to_stop(documents):
    from project.serving import common

    for name in ("web", "push"):
        pod = pod_of(named(documents, "Deployment", name))
        first = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
        assert pod["terminationGracePeriodSeconds"] >= first + common.graceful_timeout + 5


def test_minikube_scales_web_from_1_to_5_at_a_quarter_of_its_request_and_pulls_nothing_of_ours():
    documents = render("minikube")
    scaler = named(documents, "HorizontalPodAutoscaler", "web")["spec"]

    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (1, 5)
    assert scaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 25
    ours = [c for _, _, c in containers(documents) if c["image"].startswith("rookery")]
    assert len(ours) == 9
    assert {(c["image"], c["imagePullPolicy"]) for c in ours} == {("rookery:dev", "Never")}
    assert named(documents, "Service", "edge")["spec"]["type"] == "LoadBalancer"
