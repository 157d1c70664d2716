"""What the tests of the manifests look at: every overlay as kubectl renders it."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
K8S = ROOT / "deploy/k8s"
PODS = {"Deployment", "Job"}
# Of the images of nginx and valkey.
NOT_OURS = {"edge", "valkey"}


def render(overlay):
    """Return what `kubectl kustomize` makes of an overlay."""
    kubectl = Path(sys.executable).parent / "kubectl"
    done = subprocess.run(
        [kubectl, "kustomize", K8S / "overlays" / overlay], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def named(documents, kind, name):
    return next(d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name)


def of_kind(documents, *kinds):
    return [d for d in documents if d["kind"] in kinds]


def pod_of(document):
    return document["spec"]["template"]["spec"]


def labels_of(document):
    return document["spec"]["template"]["metadata"]["labels"]


def selects(selector, labels):
    """Tell whether a selector is for pods with these labels."""
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        term["key"] in labels and labels[term["key"]] in term.get("values", [labels[term["key"]]])
        for term in selector.get("matchExpressions", ())
    )


def containers_of(document):
    """Return the containers that run before the others, and those."""
    pod = pod_of(document)
    return pod.get("initContainers", []), pod["containers"]


def containers(documents):
    """Yield (resource, its pod, container), with the containers that run before it."""
    for document in of_kind(documents, *PODS):
        before, together = containers_of(document)
        for container in [*before, *together]:
            yield document, pod_of(document), container


def configuration(documents, start):
    """Return the data of the ConfigMap whose name starts so."""
    return next(
        d["data"]
        for d in of_kind(documents, "ConfigMap")
        if re.fullmatch(rf"{start}-\w{{10}}", d["metadata"]["name"])
    )
