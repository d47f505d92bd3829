"""What an operation of the registry needs of its call; `localcloud.sagemaker.call.Call` has all of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from localcloud.ports import Caller
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
    def registry(self) -> RegistryStore:
        """Model packages and their groups."""
        ...


class Timekeeper(Protocol):
    """What knows the time."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """Gives the time, aware, in UTC."""
        ...


class RegistryCall(Protocol):
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
    def engine(self) -> Timekeeper:
        """What knows the time."""
        ...


RegistryOperation = Callable[[RegistryCall], Answer]
