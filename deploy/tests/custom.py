"""Schemas of the custom resources' fields that the manifests use, closed to all others.

Written from the reference pages of CloudNativePG (API v1) and KEDA (v1alpha1); the operators' own
schemas are part of their installation and not at hand in a test.
"""

TEXT, COUNT = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}
QUANTITIES = {"type": "object", "additionalProperties": TEXT}


def _only(required=(), **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _resource(spec):
    metadata = _only(["name"], name=TEXT, namespace=TEXT, labels=QUANTITIES)
    return _only(
        ["apiVersion", "kind", "metadata", "spec"],
        apiVersion=TEXT,
        kind=TEXT,
        metadata=metadata,
        spec=spec,
    )


CLUSTER = _only(
    ["instances", "storage"],
    instances=COUNT,
    imageName=TEXT,
    bootstrap=_only(["initdb"], initdb=_only(["database", "owner"], database=TEXT, owner=TEXT)),
    storage=_only(["size"], size={"type": "string", "pattern": r"^\d+(Mi|Gi|Ti)$"}),
    resources=_only(requests=QUANTITIES, limits=QUANTITIES),
    affinity=_only(
        enablePodAntiAffinity={"type": "boolean"},
        topologyKey=TEXT,
        podAntiAffinityType={"enum": ["preferred", "required"]},
    ),
    postgresql=_only(
        parameters=QUANTITIES,
        synchronous=_only(
            ["method", "number"],
            method={"enum": ["any", "first"]},
            number=COUNT,
            dataDurability={"enum": ["required", "preferred"]},
        ),
    ),
)
SCALED = _only(
    ["scaleTargetRef", "triggers"],
    scaleTargetRef=_only(["name"], name=TEXT),
    pollingInterval=COUNT,
    cooldownPeriod=COUNT,
    minReplicaCount=COUNT,
    maxReplicaCount=COUNT,
    triggers={
        "type": "array",
        "minItems": 1,
        "items": _only(
            ["type", "metadata"],
            type={"const": "redis"},
            metadata=_only(
                ["address", "listName", "listLength"],
                address={"type": "string", "pattern": r"^[\w.-]+:\d+$"},
                listName=TEXT,
                listLength={"type": "string", "pattern": r"^\d+$"},
                databaseIndex={"type": "string", "pattern": r"^\d+$"},
            ),
            authenticationRef=_only(["name"], name=TEXT),
        ),
    },
)
AUTHENTICATION = _only(
    ["secretTargetRef"],
    secretTargetRef={
        "type": "array",
        "items": _only(["parameter", "name", "key"], parameter=TEXT, name=TEXT, key=TEXT),
    },
)
SCHEMAS = {
    ("postgresql.cnpg.io/v1", "Cluster"): _resource(CLUSTER),
    ("keda.sh/v1alpha1", "ScaledObject"): _resource(SCALED),
    ("keda.sh/v1alpha1", "TriggerAuthentication"): _resource(AUTHENTICATION),
}
