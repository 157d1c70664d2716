"""Writes down what reaches it, a line for each."""

from django.http import HttpResponse
from django.urls import path

from apps.plugins.hooks import Entry
from apps.plugins.markers import hookimpl


@hookimpl
def urls():
    return [path("witness", lambda request: HttpResponse("I saw it."))]


@hookimpl
def navigation():
    return [Entry("Witness", "/witness")]


@hookimpl
def beat_schedule():
    return {"tick": {"task": "witness.tick", "schedule": 0.5}}
