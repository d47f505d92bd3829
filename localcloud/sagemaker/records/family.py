"""A family of resources: what botocore's model and a few words in the table say about it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from botocore.model import ListShape, Shape, StructureShape

from localcloud.errors import ServiceError
from localcloud.validation import operation_model, service_model

SERVICE = "sagemaker"
HOUSEKEEPING = frozenset({"Tags", "ClientToken"})
Document = Mapping[str, object]


def nothing(_: Document) -> Document:
    """Stand for members that need no working out."""
    return {}


@dataclass(frozen=True)
class Family:
    """Resources of one type, such as ``Domain``.

    - `keys`: the members that identify one; ``DomainName`` of ``Domain`` unless given.
    - `arn`: the ARN's last part, a template of members; ``domain/{DomainName}`` unless given.
    - `filled`: what AWS fills in at creation where the request has nothing; texts are templates, in which
      ``{id}`` and ``{ID}`` are 12 random characters.
    - `updated`: what an update fills in.
    - `derived`: works out members of answers from the record.
    - `uses`: members of Create that only `derived` gives back.
    - `parents`: families whose resource must exist, and cannot be deleted before; the record has their keys.
    - `cascades`: deleting the parent deletes this, too.
    - `bound_by`: the member of the record that lists what must be taken from it before it can be deleted.
    - `missing`, `taken`: AWS's code and message; ``{name}`` is the last key.
    - `states`: the statuses between which Start and Stop change; `at_rest`: only a stopped one is changed.
    - `replaced`, `merged`: structures that an update replaces, and maps that it adds to; else the reverse.
    - `version`: the member that counts updates, or those with the member `versioned_by`.
    - `sort_by`, `descending`, `page`: what a list does unless told otherwise.
    - `is_told_only`: nothing runs that AWS would run; False where a record is all that AWS has, too.
    """

    noun: str
    keys: tuple[str, ...] = ()
    arn: str = ""
    filled: Mapping[str, object] = field(default_factory=dict)
    updated: Mapping[str, object] = field(default_factory=dict)
    derived: Callable[[Document], Document] = nothing
    uses: frozenset[str] = frozenset()
    parents: tuple[str, ...] = ()
    cascades: bool = False
    bound_by: str = ""
    missing: tuple[str, str] = ("", "")
    taken: tuple[str, str] = ("", "")
    states: tuple[str, str] = ("", "")
    at_rest: bool = False
    replaced: frozenset[str] = frozenset()
    merged: frozenset[str] = frozenset()
    version: str = ""
    versioned_by: str = ""
    plural: str = ""
    sort_by: str = "CreationTime"
    descending: bool = False
    page: int = 100
    is_told_only: bool = True

    @cached_property
    def identity(self) -> tuple[str, ...]:
        """The members that identify a resource."""
        return self.keys or (f"{self.noun}Name",)

    @property
    def words(self) -> str:
        """The type's name in a sentence."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", self.noun)

    @cached_property
    def arn_template(self) -> str:
        """The ARN's last part."""
        return self.arn or f"{re.sub(r'(?<=[a-z])(?=[A-Z])', '-', self.noun).lower()}/{{{self.identity[-1]}}}"

    @cached_property
    def stem(self) -> str:
        """What its members' names begin with: ``TrackingServer`` of ``TrackingServerName``."""
        return re.sub(r"(Name|Id|Arn)$", "", self.identity[-1])

    @cached_property
    def arn_names(self) -> tuple[str, ...]:
        """What members with the resource's ARN are called, the most particular first."""
        return (f"{self.noun}Arn", f"{self.stem}Arn", f"Monitoring{self.stem}Arn", "Arn")

    @cached_property
    def operations(self) -> Mapping[str, str]:
        """The operations that there are, by what they do."""
        names = {
            verb: verb + self.noun for verb in ("Create", "Describe", "Update", "Delete", "Start", "Stop")
        }
        names["List"] = f"List{self.plural or self.noun + 's'}"
        return {verb: name for verb, name in names.items() if name in _operations()}

    @cached_property
    def answer(self) -> Mapping[str, Shape]:
        """The members of a description."""
        return described(self.noun, self.operations["Describe"])

    @cached_property
    def given(self) -> Mapping[str, Shape]:
        """The members of a Create request."""
        return members(self.operations["Create"])

    @cached_property
    def status(self) -> str:
        """The member with the status; empty where there is none."""
        names = (f"{self.noun}Status", f"{self.stem}Status", "Status")
        return next((name for name in names if name in self.answer), "")

    def never_given_back(self) -> list[str]:
        """Name the members of Create that no answer would have, so that they have to be refused."""
        kept = {*self.answer, *self.identity, *self.uses, *HOUSEKEEPING}
        return [name for name in self.given if name not in kept]

    def not_found(self, name: object, operation: str = "Describe") -> ServiceError:
        """Make the error of a resource that does not exist."""
        code, message = self.missing
        has_own = _raises(self.operations.get(operation, self.operations["Describe"]), "ResourceNotFound")
        text = message or f"{self.words} {{name}} does not exist."
        return ServiceError(
            code or ("ResourceNotFound" if has_own else "ValidationException"), text.format(name=name)
        )

    def already_there(self, name: object, arn: str) -> ServiceError:
        """Make the error of a name that is taken."""
        code, message = self.taken
        in_use = _raises(self.operations["Create"], "ResourceInUse")
        text = message or f"{self.words} already exists: {{arn}}"
        return ServiceError(
            code or ("ResourceInUse" if in_use else "ValidationException"), text.format(name=name, arn=arn)
        )

    def conflict(self, operation: str, message: str) -> ServiceError:
        """Make the error of a request that does not fit the resource's state."""
        codes = ("ResourceInUse", "ConflictException")
        found = (code for code in codes if _raises(self.operations[operation], code))
        return ServiceError(next(found, "ValidationException"), message)


def described(noun: str, operation: str) -> Mapping[str, Shape]:
    """Give the members of an answer, or of the one structure that all of them are in."""
    shape = operation_model(SERVICE, operation).output_shape
    if shape is None:
        return {}
    inner = shape.members.get(noun)
    return dict(inner.members if isinstance(inner, StructureShape) else shape.members)


@cache
def members(operation: str) -> Mapping[str, Shape]:
    """Give the members of a request."""
    shape = operation_model(SERVICE, operation).input_shape
    return {} if shape is None else dict(shape.members)


def listed(operation: str) -> tuple[str, StructureShape]:
    """Give the member of a List answer that has the items, and an item's shape."""
    shape = operation_model(SERVICE, operation).output_shape
    assert shape is not None
    for name, member in shape.members.items():
        if isinstance(member, ListShape) and isinstance(member.member, StructureShape):
            return name, member.member
    raise KeyError(operation)


@cache
def _operations() -> frozenset[str]:
    return frozenset(service_model(SERVICE).operation_names)


def _raises(operation: str, code: str) -> bool:
    return any(shape.name == code for shape in operation_model(SERVICE, operation).error_shapes)
