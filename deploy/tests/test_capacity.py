"""What all pods together take at their most."""

import math
import re

from manifests import PODS, ROOT, containers_of, named, of_kind, render

# What minikube itself runs asks for: the control plane 750m, calico 250m, metrics-server 100m,
# CloudNativePG's operator 100m, and some that ask for nothing and take memory all the same.
SYSTEM = {"cpu": 1.2, "memory": 2 * 2**30}
UNITS = {"": 1, "m": 0.001, "Mi": 2**20, "Gi": 2**30}


def amount(quantity):
    number, unit = re.fullmatch(r"(\d+)(\D*)", quantity).groups()
    return int(number) * UNITS[unit]


def most_pods(documents, document):
    """Return how many pods of a resource there are at most: scaled up, and then rolled."""
    spec = document["spec"]
    scaled = [
        scaler["spec"].get("maxReplicas") or scaler["spec"]["maxReplicaCount"]
        for scaler in of_kind(documents, "HorizontalPodAutoscaler", "ScaledObject")
        if scaler["spec"]["scaleTargetRef"]["name"] == document["metadata"]["name"]
    ]
    count = scaled[0] if scaled else spec.get("replicas", 1)
    strategy = spec.get("strategy", {})
    if document["kind"] == "Job" or strategy.get("type") == "Recreate":
        return count
    surge = strategy.get("rollingUpdate", {}).get("maxSurge", "25%")
    return count + (surge if isinstance(surge, int) else math.ceil(count * int(surge[:-1]) / 100))


def requested(documents, kind):
    """Return what all pods together ask for of a kind of resource."""

    def asks(container):
        return amount(container["resources"]["requests"][kind])

    total = 0
    for document in of_kind(documents, *PODS):
        before, together = containers_of(document)
        # What runs before the others is through when they begin.
        pod = max([sum(map(asks, together)), *map(asks, before)])
        total += most_pods(documents, document) * pod
    for cluster in of_kind(documents, "Cluster"):
        total += cluster["spec"]["instances"] * asks(cluster["spec"])
    return total


def test_all_pods_fit_on_the_node_that_minikube_is_asked_for():
    documents = render("minikube")
    script = (ROOT / "deploy/minikube.sh").read_text()
    cpus, gigabytes = map(int, re.search(r"--cpus (\d+) --memory (\d+)g", script).groups())
    readme = (ROOT / "deploy/README.md").read_text()

    assert most_pods(documents, named(documents, "Deployment", "web")) == 6
    assert requested(documents, "cpu") + SYSTEM["cpu"] <= cpus
    assert requested(documents, "memory") + SYSTEM["memory"] <= gigabytes * 2**30
    assert f"{cpus} cores and {gigabytes} GB" in readme
