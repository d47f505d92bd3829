"""Turns what a service holds into bytes, and back.

Three kinds of objects are not written as they are:

- What belongs to the process, such as a lock, is made anew.
- What this process has one of, such as a store or the engine of pipelines, is written as its name.
- A part is written by itself, and again only when it has another revision: an execution, a log.

Encoding is done by the C pickler: it needs a tenth of the time of dill, which LocalStack's own codec is.
"""

import io
import pickle
import sys
import threading
import types
import uuid
import weakref
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import dill  # type: ignore[import-not-found]  # comes with LocalStack

Reduced = tuple[Any, ...]
Reduce = Callable[[Any], Reduced]
Name = tuple[str, ...]
Revision = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it was written last: its revision, its name, and all other parts that it leads to."""

    revision: Revision
    name: str
    references: frozenset[str]


@dataclass(slots=True)
class Codec:
    """Encodes and decodes the objects of all services.

    - `reducers`: say how objects of a class, or of its subclasses, are written.
    - `names`: give the name of what this process has one of; a name leads to it by `found`.
    - `found`: find what has a name of this kind, by the rest of the name.
    - `revisions`: tell the revision of an object that is a part; None while it is not one.
    - `fresh`: the bytes of parts that were encoded and are not written yet.
    """

    reducers: dict[type, Reduce] = field(default_factory=dict)
    names: dict[type, Callable[[Any], Name | None]] = field(default_factory=dict)
    found: dict[str, Callable[..., object]] = field(default_factory=dict)
    revisions: dict[type, Callable[[Any], Revision | None]] = field(default_factory=dict)
    fresh: dict[str, bytes] = field(default_factory=dict)
    parts: "weakref.WeakKeyDictionary[Any, Part]" = field(default_factory=weakref.WeakKeyDictionary)
    _chosen: dict[type, Reduce | None] = field(default_factory=dict)
    _references: list[set[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reducers |= {
            type(threading.Lock()): lambda _: (threading.Lock, ()),
            type(threading.RLock()): lambda _: (threading.RLock, ()),
            threading.Condition: lambda one: (threading.Condition, (one._lock,)),
            threading.Event: lambda one: (_event, (one.is_set(),)),
            threading.Thread: lambda _: (_nothing, ()),
            types.FunctionType: _function,
            weakref.ref: lambda _: (_nothing, ()),
        }

    def encode(self, one: object) -> tuple[bytes, frozenset[str]]:
        """Encode an object; give its bytes and all parts that they lead to.

        The parts that are new are in `fresh` then.
        """
        self._references.append(set())
        try:
            buffer = io.BytesIO()
            _Encoder(self, buffer).dump(one)
        finally:
            references = frozenset(self._references.pop())
        return buffer.getvalue(), references

    def decode(self, content: bytes, read: Callable[[str], bytes]) -> Any:
        """Decode what `encode` gave; `read` gives the bytes of a part.

        Only for content that is known to be one's own: decoding runs what it names.
        """
        global _decoding  # noqa: PLW0603 - what is decoded calls functions that take no codec
        _decoding = _Decoding(self, read, {}, {})
        try:
            return pickle.loads(content)  # noqa: S301 - the vault has checked it
        finally:
            _decoding = None

    def keep_only(self, names: Collection[str]) -> None:
        """Forget all parts but these: they are no longer written anywhere."""
        for one, part in list(self.parts.items()):
            if part.name not in names:
                del self.parts[one]

    def reduce(self, one: object) -> Any:
        """Say how an object is written; NotImplemented leaves it to the pickler."""
        kind = type(one)
        try:
            chosen = self._chosen[kind]
        except KeyError:
            chosen = self._chosen[kind] = self._choose(kind)
        return NotImplemented if chosen is None else chosen(one)

    def _choose(self, kind: type) -> Reduce | None:
        for base in kind.__mro__:
            if naming := self.names.get(base):
                return lambda one: NotImplemented if (name := naming(one)) is None else (_named, name)
            if revise := self.revisions.get(base):
                return lambda one: self._part(one, revise(one), self.reducers.get(base))
            if base in self.reducers:
                return self.reducers[base]
        return None

    def remember(self, one: Any, name: str, references: frozenset[str]) -> None:
        """Take account of a part that was decoded: it is written again only once it has another revision."""
        for base in type(one).__mro__:
            if revise := self.revisions.get(base):
                if (revision := revise(one)) is not None:
                    self.parts[one] = Part(revision, name, references)
                return

    def _part(self, one: Any, revision: Revision | None, reduce: Reduce | None) -> Any:
        if revision is None:
            return NotImplemented if reduce is None else reduce(one)
        part = self.parts.get(one)
        if part is None or not _are_same(part.revision, revision):
            whole = _by_default(one) if reduce is None else reduce(one)
            name = uuid.uuid4().hex
            content, references = self.encode(_Whole(whole))
            self.fresh[name] = content
            part = self.parts[one] = Part(revision, name, references)
        self._references[-1].update(part.references, (part.name,))
        return _part, (part.name,)


class _Encoder(pickle.Pickler):
    def __init__(self, codec: Codec, buffer: io.BytesIO) -> None:
        super().__init__(buffer, pickle.HIGHEST_PROTOCOL)
        self.reducer_override = codec.reduce  # type: ignore[method-assign]  # one call less for each object


class _Whole:
    """Stands for an object that is a part, within its own bytes."""

    def __init__(self, reduced: Reduced) -> None:
        self._reduced = reduced

    def __reduce_ex__(self, _: object) -> Reduced:
        return self._reduced


@dataclass(slots=True)
class _Decoding:
    """What is decoded now: `parts` are all that were, with the parts that each leads to."""

    codec: Codec
    read: Callable[[str], bytes]
    parts: dict[str, Any]
    led: dict[str, frozenset[str]]
    references: set[str] = field(default_factory=set)

    def nested(self) -> "_Decoding":
        """Give the same for a part within."""
        return _Decoding(self.codec, self.read, self.parts, self.led)

    def part(self, name: str) -> object:
        """Decode a part, or give it if it was decoded before."""
        global _decoding  # noqa: PLW0603 - see `Codec.decode`
        if name not in self.parts:
            _decoding = within = self.nested()
            try:
                self.parts[name] = one = pickle.loads(self.read(name))  # noqa: S301 - the vault has checked it
            finally:
                _decoding = self
            self.led[name] = frozenset(within.references)
            self.codec.remember(one, name, self.led[name])
        self.references |= self.led[name] | {name}
        return self.parts[name]


_decoding: _Decoding | None = None


def _by_default(one: Any) -> Reduced:
    """Say how the pickler would write an object, in a form that can be told of another one."""
    _, (kind, *given), *rest = one.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    return _made, (kind, *given), *rest


def _made(kind: type, *given: object) -> object:
    return kind.__new__(kind, *given)


def _named(kind: str, *rest: str) -> object:
    assert _decoding is not None
    return _decoding.codec.found[kind](*rest)


def _part(name: str) -> object:
    assert _decoding is not None
    return _decoding.part(name)


def _are_same(one: Revision, other: Revision) -> bool:
    """Compare by identity where that is enough: a state is replaced when it changes."""
    return len(one) == len(other) and all(
        a is b or (isinstance(a, int | str | float) and a == b) for a, b in zip(one, other, strict=True)
    )


def _function(one: Any) -> Any:
    """Write a function as its name; one that has none, as its code."""
    found: Any = sys.modules.get(one.__module__)
    for name in one.__qualname__.split("."):
        found = getattr(found, name, None)
    return NotImplemented if found is one else (dill.loads, (dill.dumps(one),))


def _event(is_set: bool) -> threading.Event:
    event = threading.Event()
    if is_set:
        event.set()
    return event


def _nothing() -> None:
    return None
