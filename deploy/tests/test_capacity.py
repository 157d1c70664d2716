"""What all pods together take at their most."""

import math
import re

from django.conf import settings
from manifests import NOT_OURS, PODS, ROOT, configuration, containers_of, named, of_kind, render

from project.serving import settling

# What minikube itself runs asks for: the control plane 750m, calico 250m, metrics-server 100m,
# CloudNativePG's operator 100m, and some that ask for nothing and take memory all the same.
SYSTEM = {"cpu": 1.2, "memory": 2 * 2**30}
# Of a process, beside its requests and tasks: the watch of the bucket map, that of a primary in
# doubt, the plugins' switches and their faults, the operators' questions.
BESIDE = 5
# PostgreSQL keeps 3 for superusers, whom the operator's own few connections belong to.
RESERVED = 10
# Of each kind that is rolled: an old pod takes up to 30 s to go, and a new one 15 to be there.
LEAVING = 2
# MB that benchmarks/memory.py found: gunicorn's own process, and a web worker beside its caches.
ARBITER, WORKER = 43, 166
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


def test_a_web_pod_asks_for_what_it_takes_once_its_caches_are_full(documents):
    values = configuration(documents, "settings")
    caches = int(values["ROOKERY_NEAR_CACHE_MB"]) + int(values["ROOKERY_EDGE_MB"])
    takes = ARBITER + int(values["ROOKERY_WEB_WORKERS"]) * (WORKER + caches)

    [app] = containers_of(named(documents, "Deployment", "web"))[1]

    assert takes * 1e6 <= amount(app["resources"]["requests"]["memory"])


def connections(documents):
    """Return how many connections to one server all pods have at most."""
    values = configuration(documents, "settings")
    command = containers_of(named(documents, "Deployment", "worker"))[1][0]["command"]
    children = int(command[command.index("--concurrency") + 1])
    threads = int(values["ROOKERY_WEB_THREADS"]) + settling.PLUGIN_THREADS
    # What a pod runs before the others has ended when they connect, and has fewer.
    each = {
        "web": int(values["ROOKERY_WEB_WORKERS"]) * (threads + BESIDE),
        "push": int(values["ROOKERY_PUSH_WORKERS"]) * (settings.POOL_SIZE + BESIDE),
        # A child has one task at a time, and a thread for the plugins that it calls.
        "worker": BESIDE + children * (2 + BESIDE),
        "beat": 1 + BESIDE,
        "migrate": 1 + BESIDE,
    }
    ours = [d for d in of_kind(documents, *PODS) if d["metadata"]["name"] not in NOT_OURS]
    assert len(ours) == len(each)
    return sum(
        (most_pods(documents, document) + LEAVING) * each[document["metadata"]["name"]]
        for document in ours
    )


def test_all_pods_together_have_fewer_connections_than_a_server_takes(documents):
    clusters = of_kind(documents, "Cluster")

    for cluster in clusters:
        most = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
        assert connections(documents) + RESERVED <= most
    assert clusters != []


def test_pods_are_counted_at_their_most():
    documents = render("production")
    deployments = {d["metadata"]["name"]: d for d in of_kind(documents, "Deployment", "Job")}

    most = {name: most_pods(documents, deployment) for name, deployment in deployments.items()}

    # Ten of web and one more while they are rolled; of workers a quarter more.
    expected = {"web": 11, "push": 3, "worker": 13, "beat": 1, "migrate": 1, "edge": 3, "valkey": 1}
    assert most == expected
