"""Everything that a manifest names is there: a cluster shows its absence as a pod that waits."""

import os
import re
import secrets
import subprocess
import sys
from urllib.parse import urlsplit

import commands
import yaml
from manifests import NOT_OURS, ROOT, configuration, containers, labels_of, named, of_kind, selects

from apps.cluster import topology

# Made by hand or by minikube.sh, once; deploy/README.md says how.
BY_HAND = {"rookery": {"secret-key", "cache-password"}, "rookery-tls": set()}


def names(documents, kind):
    return {d["metadata"]["name"] for d in of_kind(documents, kind)}


def walk(tree):
    """Yield every mapping in a tree."""
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for branch in tree:
            yield from walk(branch)


def test_secrets_are_made_by_the_operator_or_by_hand(documents):
    made = {f"{name}-app": {"password"} for name in names(documents, "Cluster")} | BY_HAND
    for part in walk(documents):
        if "secretKeyRef" in part:
            reference = part["secretKeyRef"]
            if not reference.get("optional"):
                assert reference["key"] in made[reference["name"]]
        for reference in part.get("secretTargetRef", ()):
            assert reference["key"] in made[reference["name"]]
        if "secretName" in part:
            assert part["secretName"] in made


def test_the_script_makes_the_secret_with_the_keys_that_the_pods_read():
    script = (ROOT / "deploy/minikube.sh").read_text()

    assert set(re.findall(r"--from-literal=([\w-]+)=", script)) == BY_HAND["rookery"]


def test_volumes_configurations_and_claims_are_there(documents):
    for _, pod, container in containers(documents):
        volumes = {volume["name"] for volume in pod.get("volumes", ())}
        assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes
        for volume in pod.get("volumes", ()):
            if "configMap" in volume:
                assert volume["configMap"]["name"] in names(documents, "ConfigMap")
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                assert claim in names(documents, "PersistentVolumeClaim")
        for source in container.get("envFrom", ()):
            assert source["configMapRef"]["name"] in names(documents, "ConfigMap")


def test_scalers_services_budgets_and_policies_find_their_pods(documents):
    labels = [labels_of(d) for d in of_kind(documents, "Deployment", "Job")]
    labels += [{"cnpg.io/cluster": name} for name in names(documents, "Cluster")]

    def finds(selector):
        return [found for found in labels if selects(selector, found)]

    for service in of_kind(documents, "Service"):
        assert len(finds({"matchLabels": service["spec"]["selector"]})) == 1
    for budget in of_kind(documents, "PodDisruptionBudget"):
        assert len(finds(budget["spec"]["selector"])) == 1
    for part in walk(of_kind(documents, "NetworkPolicy")):
        if "podSelector" in part:
            assert finds(part["podSelector"])
    for scaler in of_kind(documents, "HorizontalPodAutoscaler", "ScaledObject"):
        assert scaler["spec"]["scaleTargetRef"]["name"] in names(documents, "Deployment")
        target = named(documents, "Deployment", scaler["spec"]["scaleTargetRef"]["name"])
        assert "replicas" not in target["spec"], "what is scaled must not be set back by each apply"


def test_the_ingress_leads_sockets_to_push_and_all_else_to_services_that_are_there(documents):
    for ingress in of_kind(documents, "Ingress"):
        paths = ingress["spec"]["rules"][0]["http"]["paths"]
        leads = {p["path"]: p["backend"]["service"]["name"] for p in paths}
        push = dict.fromkeys(("/ws/", "/events/", "/api/v1/streaming"), "push")
        assert leads == {**push, "/media/": "edge", "/": "web"}
        for path in paths:
            service = named(documents, "Service", path["backend"]["service"]["name"])
            assert path["backend"]["service"]["port"]["name"] in {
                p["name"] for p in service["spec"]["ports"]
            }


def test_the_topology_names_the_clusters_primaries_and_replicas(documents, tmp_path):
    path = tmp_path / "topology.toml"
    path.write_text(configuration(documents, "topology")["topology.toml"])
    passwords = dict.fromkeys(re.findall(r"\$\{(\w+)\}", path.read_text()), "p/@:")
    read = topology.load({"ROOKERY_TOPOLOGY": str(path), **passwords}, tmp_path)

    groups = {"directory": read.directory, **read.shards}
    assert groups.keys() == names(documents, "Cluster")
    for name, group in groups.items():
        assert urlsplit(group.primary).hostname == f"{name}-rw"
        assert [urlsplit(url).hostname for url in group.replicas] == [f"{name}-ro"]
        initdb = named(documents, "Cluster", name)["spec"]["bootstrap"]["initdb"]
        assert urlsplit(group.primary).path == f"/{initdb['database']}"
        assert urlsplit(group.primary).username == initdb["owner"]
    assert urlsplit(read.cache).hostname in names(documents, "Service")
    for scaler in of_kind(documents, "ScaledObject"):
        trigger = scaler["spec"]["triggers"][0]["metadata"]
        assert f"/{trigger['databaseIndex']}" == urlsplit(read.broker).path
        assert trigger["address"] == "valkey.rookery.svc:6379"


def test_the_site_starts_with_the_environment_of_its_pods(documents, tmp_path):
    path = tmp_path / "topology.toml"
    path.write_text(configuration(documents, "topology")["topology.toml"])
    for document, _, container in containers(documents):
        if document["metadata"]["name"] in NOT_OURS:
            continue
        environ = dict(configuration(documents, "settings"))
        for variable in container["env"]:
            secret = variable.get("valueFrom", {}).get("secretKeyRef", {})
            # Who makes no key of that name goes without what it opens.
            if not secret.get("optional"):
                environ[variable["name"]] = variable.get("value", secrets.token_hex(32))
        done = subprocess.run(
            [sys.executable, "-c", "import project.settings as s; print(s.SITE_URL, s.EMBEDDED)"],
            env={"PATH": os.environ["PATH"], **environ, "ROOKERY_TOPOLOGY": str(path)},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.stdout.split() == [environ["ROOKERY_SITE_URL"], "False"], done.stderr


def test_the_readme_gives_commands_that_are_there_with_options_that_they_have():
    readme = (ROOT / "deploy/README.md").read_text()
    found = re.findall(r"python (manage\.py(?: [\w./:-]+)+)", readme)

    for command in found:
        commands.check(["python", *command.split()])
    assert len(found) > 4


def test_the_files_are_yaml_without_a_key_twice():
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader, node):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), (node.start_mark, keys)
        return yaml.SafeLoader.construct_mapping(loader, node, deep=True)

    Strict.add_constructor("tag:yaml.org,2002:map", mapping)
    files = [*(ROOT / "deploy").rglob("*.yaml")]
    for path in files:
        list(yaml.load_all(path.read_text(), Strict))
    assert len(files) > 20
