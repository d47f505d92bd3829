"""What an operation of hosting needs of its call; `localcloud.sagemaker.call.Call` has all of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from localcloud.ports import Caller, Ports
from localcloud.sagemaker.hosting.hosting import Hosting
from localcloud.sagemaker.hosting.store import HostingStore
from localcloud.sagemaker.registry.store import RegistryStore
from localcloud.sagemaker.requests import Answer, Request


class AccountStore(Protocol):
    """The store of one account and region."""

    @property
    def caller(self) -> Caller:
        """Whose store it is."""
        ...

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Guards everything else; may be taken again by whoever has it."""
        ...

    @property
    def tags(self) -> dict[str, dict[str, str]]:
        """Tags by the resource's ARN."""
        ...

    @property
    def hosting(self) -> HostingStore:
        """Models, endpoint configurations, endpoints."""
        ...

    @property
    def registry(self) -> RegistryStore:
        """Model packages and their groups."""
        ...


class HostingCall(Protocol):
    """One call of an operation."""

    @property
    def request(self) -> Request:
        """What is asked, validated."""
        ...

    @property
    def store(self) -> AccountStore:
        """The store of the caller."""
        ...

    @property
    def ports(self) -> Callable[[], Ports]:
        """Gives the services within the caller's reach."""
        ...

    @property
    def hosting(self) -> Hosting:
        """What runs endpoints."""
        ...


HostingOperation = Callable[[HostingCall], Answer]
