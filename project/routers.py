"""The one router: first the shard, then for a read a server that is fresh enough.

Django takes the first router's answer, so two routers could not both decide.
"""

from typing import Any

from django.apps import apps
from django.db.models import Model

from apps.kernel import waiting
from apps.replication import replicas, scopes
from apps.replication.conf import conf as replication_conf
from apps.sharding import routing
from apps.sharding.conf import conf as sharding_conf
from apps.sharding.models import ShardedModel


class Router:
    """Finds the database for each query of the ORM."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Return a replica as fresh as the reader, else the primary."""
        # Before a connection is opened: that is to wait for a server, too.
        waiting.may_wait()
        return replicas.choose(self._group(model, hints))

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Return the primary, and keep this reader's further reads of it there."""
        group = self._group(model, hints)
        scopes.note_write(group)
        return group

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool | None:
        """Allow relations inside one group of servers only."""
        primary_of = replication_conf().primary_of
        return primary_of(one._state.db or "") == primary_of(other._state.db or "")

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool:
        """Sharded tables on shards, all others in the directory, nothing on replicas."""
        sharded = hints.get("sharded", False)
        if model_name is not None:
            model = hints.get("model") or apps.get_model(app_label, model_name)
            sharded = sharded or _is_sharded(app_label, model_name, model)
        return db in sharding_conf().shards if sharded else db == sharding_conf().directory

    def _group(self, model: type[Model], hints: dict[str, Any]) -> str:
        if issubclass(model, ShardedModel):
            return routing.group_for(model, hints)
        return sharding_conf().directory


def _is_sharded(app_label: str, model_name: str, model: type[Model]) -> bool:
    # In a migration the model is a historical one, made from its fields alone.
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError:
        pass
    return issubclass(model, ShardedModel)
