"""How web and push are served: gunicorn's configuration, by `gunicorn --config python:…`."""
