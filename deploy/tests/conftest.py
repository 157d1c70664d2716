import pytest
from manifests import render

OVERLAYS = ["minikube", "production"]

_rendered = {}


@pytest.fixture(params=OVERLAYS)
def documents(request):
    """All resources of an overlay."""
    if request.param not in _rendered:
        _rendered[request.param] = render(request.param)
    return _rendered[request.param]
