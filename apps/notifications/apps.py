from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "apps.notifications"

    def ready(self) -> None:
        """Have what is beside "Notifications" looked for together with the account."""
        from apps.accounts import requests
        from apps.notifications import badges

        requests.on_each_page(badges.expected)
