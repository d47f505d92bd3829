"""What LocalStack's services and moto's hold: their stores, which exist once and are filled again."""

from typing import Any

from localstack.services.stores import AccountRegionBundle, BaseStore
from localstack.state import StateVisitor
from moto.core.base_backend import BackendDict, BaseBackend

from localcloud.localstack.state.codec import Codec, Name

Content = dict[str, Any]

_BACKENDS: dict[str, BackendDict[Any]] = {}
_BUNDLES: dict[str, AccountRegionBundle[Any]] = {}


def teach(codec: Codec) -> None:
    """Let stores and backends, which refer to themselves, be written as their names."""
    codec.names |= {BaseStore: _name_of_store, BaseBackend: _name_of_backend}
    codec.found |= {
        "store": lambda service, account, region: _BUNDLES[service][account][region],
        "backend": lambda service, account, region: _BACKENDS[service][account][region],
    }


class Collect(StateVisitor):
    """Collects the stores of a service that are saved as they are; a folder is not."""

    def __init__(self) -> None:
        self.found: list[AccountRegionBundle[Any] | BackendDict[Any]] = []

    def visit(self, state_container: Any) -> None:
        """Take account of a store."""
        if isinstance(state_container, AccountRegionBundle):
            _BUNDLES[state_container.service_name] = state_container
            self.found.append(state_container)
        elif isinstance(state_container, BackendDict):
            _BACKENDS[state_container.service_name] = state_container
            self.found.append(state_container)


def content_of(holder: AccountRegionBundle[Any] | BackendDict[Any]) -> Content:
    """Give what a service's stores hold, by account and region."""
    regions = {
        (account, region): {name: value for name, value in vars(store).items() if not name.startswith("_")}
        for account, stores in list(holder.items())
        for region, store in list(stores.items())
    }
    if isinstance(holder, BackendDict):
        return {"regions": regions}
    accounts = {account: stores._global for account, stores in list(holder.items())}
    return {"regions": regions, "accounts": accounts, "universal": holder._universal}


def fill(holder: AccountRegionBundle[Any] | BackendDict[Any], content: Content) -> None:
    """Let a service's stores hold what was saved."""
    for (account, region), values in content["regions"].items():
        store = holder[account][region]
        for name in [name for name in vars(store) if not name.startswith("_")]:
            delattr(store, name)
        vars(store).update(values)
    if isinstance(holder, AccountRegionBundle):
        for account, values in content["accounts"].items():
            holder[account]._global.update(values)
        holder._universal.update(content["universal"])


def _name_of_store(store: BaseStore) -> Name | None:
    if not hasattr(store, "_service_name"):
        return None
    return "store", store._service_name, store._account_id, store._region_name


def _name_of_backend(backend: BaseBackend) -> Name | None:
    for service, backends in _BACKENDS.items():
        if backends.get(backend.account_id, {}).get(backend.region_name) is backend:
            return "backend", service, backend.account_id, backend.region_name
    return None
