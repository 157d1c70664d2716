#!/usr/bin/env bash
# The whole site on minikube in one go; deploy/README.md does the same step by step.
set -euo pipefail

PROFILE=rookery
# Without dirname: a missing tool is to be said, whichever it is.
HERE=${BASH_SOURCE[0]%/*}
[ "$HERE" != "${BASH_SOURCE[0]}" ] || HERE=.
HERE=$(cd "$HERE" && pwd)
CNPG=https://raw.githubusercontent.com/cloudnative-pg/cloudnative-pg/release-1.28/releases/cnpg-1.28.0.yaml
KUBECTL=(kubectl --context "$PROFILE" --namespace rookery)

say() { printf '\n== %s\n' "$*"; }

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

need() {
    local tool=$1 where=$2
    command -v "$tool" >/dev/null 2>&1 ||
        stop "$tool is missing. Install it ($where), then run this again."
}

needs() {
    need minikube https://minikube.sigs.k8s.io/docs/start
    need kubectl https://kubernetes.io/docs/tasks/tools
    need openssl "your system's package openssl"
}

runs() { minikube --profile "$PROFILE" status >/dev/null 2>&1; }

start() {
    say "Kubernetes (the kubelet looks after CPU figures every 5 s in place of 15 s)"
    minikube start --profile "$PROFILE" --cpus 4 --memory 8g --cni calico --container-runtime docker \
        --extra-config=kubelet.housekeeping-interval=5s
}

# Each time: an earlier run may have ended before it, and what is there already stays as it is.
operate() {
    say "CPU figures, and the operator of the databases"
    minikube --profile "$PROFILE" addons enable metrics-server
    kubectl --context "$PROFILE" apply --server-side -f "$CNPG"
    kubectl --context "$PROFILE" --namespace cnpg-system \
        rollout status deployment/cnpg-controller-manager --timeout 5m
}

build() {
    local tag=$1
    say "The image rookery:$tag, built inside minikube"
    minikube --profile "$PROFILE" image build -t "rookery:$tag" --build-opt "build-arg=VERSION=$tag" \
        -f deploy/Dockerfile "$HERE/.."
}

secrets() {
    kubectl --context "$PROFILE" apply -f "$HERE/k8s/base/namespace.yaml"
    "${KUBECTL[@]}" get secret rookery >/dev/null 2>&1 ||
        "${KUBECTL[@]}" create secret generic rookery \
            --from-literal=secret-key="$(openssl rand -hex 32)" \
            --from-literal=cache-password="$(openssl rand -hex 16)"
}

apply() {
    local tag=$1
    say "Everything; the migration runs first, new pods wait for it"
    # A job cannot be changed, only made anew.
    "${KUBECTL[@]}" delete job migrate --ignore-not-found
    kubectl kustomize "$HERE/k8s/overlays/minikube" | sed "s/rookery:dev/rookery:$tag/" |
        "${KUBECTL[@]}" apply -f -
    "${KUBECTL[@]}" wait --for condition=Ready cluster --all --timeout 15m
    "${KUBECTL[@]}" wait --for condition=Complete job/migrate --timeout 15m
    for name in web push worker beat edge valkey; do
        "${KUBECTL[@]}" rollout status "deployment/$name" --timeout 10m
    done
}

up() {
    needs
    # Each release has a tag of its own, so that there is one to go back to.
    local tag
    tag=$(date -u +%Y%m%d-%H%M%S)
    runs || start
    operate
    build "$tag"
    secrets
    apply "$tag"
    say "Ready. In another terminal:  minikube --profile $PROFILE tunnel"
    printf 'then open http://10.96.80.80/ and make an admin:\n'
    printf '  kubectl --context %s -n rookery exec deploy/web -- python manage.py create_admin\n' "$PROFILE"
}

down() {
    needs
    minikube delete --profile "$PROFILE"
}

status() {
    needs
    runs || stop "minikube does not run. Start it: deploy/minikube.sh up"
    "${KUBECTL[@]}" get pods,clusters.postgresql.cnpg.io,horizontalpodautoscalers,services
}

case ${1:-} in
up | down | status) "$1" ;;
*) stop "Usage: deploy/minikube.sh up|down|status" ;;
esac
