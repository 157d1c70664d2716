from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"

    def ready(self) -> None:
        from oauth2_provider.models import AccessToken

        # A foreign model: what touches a token's row, also a cascade, ends what is kept of it.
        AccessToken.cache_tags = {"token": "token_checksum"}
