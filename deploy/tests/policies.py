"""What every pod must be; each policy returns the places where it is not so."""

from manifests import containers, of_kind, pod_of


def violations(documents):
    """Return all that is wrong, as `resource/container: what`."""
    found = []
    for document, pod, container in containers(documents):
        place = f"{document['metadata']['name']}/{container['name']}"
        problems = [*_resources(container), *_rights(pod, container), *_image(container)]
        if document["kind"] == "Deployment" and container in pod["containers"]:
            problems += _life(container)
        found += [f"{place}: {problem}" for problem in problems]
    return found + [
        f"{d['metadata']['name']}: {p}" for d in documents for p in _kept_up(d, documents)
    ]


def _resources(container):
    for side in ("requests", "limits"):
        for kind in ("cpu", "memory"):
            if not container.get("resources", {}).get(side, {}).get(kind):
                yield f"no {side} of {kind}"


def _rights(pod, container):
    of_pod, own = pod.get("securityContext", {}), container.get("securityContext", {})
    if not (of_pod.get("runAsNonRoot") and of_pod.get("runAsUser")):
        yield "may be root"
    if of_pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "no seccomp profile"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "may gain rights"
    if not own.get("readOnlyRootFilesystem"):
        yield "may write to its root file system"
    if own.get("capabilities") != {"drop": ["ALL"]}:
        yield "has capabilities"
    if pod.get("automountServiceAccountToken") is not False:
        yield "has a token of the cluster"
    if pod.get("enableServiceLinks") is not False:
        yield "has services in its environment"


def _image(container):
    tag = container["image"].rpartition(":")[2]
    if "/" in tag or tag in ("", "latest", container["image"]):
        yield f"image {container['image']} has no fixed tag"


def _life(container):
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        if not container.get(probe):
            yield f"no {probe}"
    if not container.get("lifecycle", {}).get("preStop"):
        yield "no preStop"


def _kept_up(document, documents):
    if document["kind"] != "Deployment":
        return
    labels = document["spec"]["template"]["metadata"]["labels"]
    budgets = of_kind(documents, "PodDisruptionBudget")
    if not any(b["spec"]["selector"]["matchLabels"].items() <= labels.items() for b in budgets):
        yield "no PodDisruptionBudget"
    alone = document["spec"].get("strategy", {}).get("type") == "Recreate"
    if not alone and not pod_of(document).get("topologySpreadConstraints"):
        yield "all pods may be on one node"
