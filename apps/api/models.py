"""Apps that may ask, in the directory; how far an account has read in them, on its shard."""

from urllib.parse import urlsplit

from django.db import models
from oauth2_provider.models import AbstractApplication

from apps.sharding.models import ShardedModel

# An app that has no address of its own shows the code, to be copied.
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Application(AbstractApplication):
    """A program that asks for an account, or for itself. It may ask for no more than `scopes`."""

    website = models.CharField(max_length=2000, blank=True)
    scopes = models.TextField(default="read")

    class Meta(AbstractApplication.Meta):
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"

    def __str__(self) -> str:
        return self.name

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Tell whether codes may go to an address: to one that was registered, to the letter."""
        return uri in self.redirect_uris.split()

    def get_allowed_schemes(self) -> list[str]:
        """Return the schemes of where codes may go: programs on telephones have their own."""
        return [urlsplit(uri).scheme for uri in self.redirect_uris.split()]

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Tell whether an app may ask in this way: for an account by a code, or for itself."""
        return bool({self.GRANT_AUTHORIZATION_CODE, self.GRANT_CLIENT_CREDENTIALS} & {*grant_types})


class Marker(ShardedModel):
    """How far an account has read one of its timelines, as its apps say."""

    shard_keys = ("account_id",)

    pk = models.CompositePrimaryKey("account_id", "timeline")
    account_id = models.BigIntegerField()
    timeline = models.CharField(max_length=20)
    last_read_id = models.BigIntegerField()
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ShardedModel.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.timeline} of {self.account_id} up to {self.last_read_id}"
