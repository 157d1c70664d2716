from django.apps import AppConfig


class ThrottlingConfig(AppConfig):
    name = "apps.throttling"

    def ready(self) -> None:
        from apps.throttling import checks  # noqa: F401  (registers itself)
