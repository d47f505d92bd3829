"""Saves what changed once a second, in the background, and loads it at the start.

Everything that changed is encoded in one go while no other thread runs, so that what is saved fits together:
a callback and the message that tells of it. Compressing and writing come after that, beside all requests.
"""

import contextlib
import hashlib
import logging
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from localcloud.localstack import log_store
from localcloud.localstack.changes import Changes
from localcloud.localstack.failures import Failures
from localcloud.localstack.state import objects
from localcloud.localstack.state.codec import Codec
from localcloud.localstack.state.vault import Manifest, Vault
from localcloud.watch import Beat, Watch, Watched

if TYPE_CHECKING:
    from localcloud.localstack.state.services import Holding

LOG = logging.getLogger(__name__)

PERIOD = 0.5
"""Seconds between two looks at what changed, at least."""

_REST = 3.0
"""How many times as long as the last encoding the saver rests: no request is served while it encodes.

10,000 objects or messages take 0.15 to 0.2 s to encode (two cores)."""

_TRIES = 5  # to encode, while threads change what is encoded
_LONG = 30.0  # seconds that a save may take until the watch tells of it
_THREAD = "state-saver"

_AGAIN = 5.0  # seconds until a service that could not be encoded is tried again

_FILES = {"s3": objects, "logs": log_store}
"""Services with files beside the parts: one that is not needed goes with the next save of its service."""

_WITH = {"sts": "sessions"}
"""What else may change with a service."""

_HELD_BY = {"sagemaker-metrics": "sagemaker"}
"""Services whose requests change what another one holds."""


@dataclass(frozen=True, slots=True)
class _Unsaved:
    """A service that could not be encoded: why, and when it is tried again, by `time.monotonic`."""

    why: str
    again: float


class Saver:
    """Saves and loads the state of one local cloud."""

    def __init__(self, vault: Vault, watch: Watch, changes: Changes) -> None:
        self._changes = changes
        self._vault = vault
        self._watch = watch
        self._codec = Codec()
        self._saved = vault.open()
        vault.mark_closed()  # it is open from `start` on: what ends before that has saved nothing, as meant
        self._holdings: Mapping[str, Holding] = {}
        self._dirty: set[str] = set()
        self._busy: set[str] = set()  # at the last look: what they came to since is to be saved, too
        self._due: dict[str, float] = {}  # when one that is busy is saved again, by `time.monotonic`
        self._unsaved: dict[str, _Unsaved] = {}
        self._unloaded: Mapping[str, str] = {}
        self._wake = threading.Event()
        self._closed = False
        self._saving = threading.Lock()
        self._hashes: dict[str, str] = dict(self._saved.parts) if self._saved else {}
        # By service: its root part, the hash of that, and all parts it leads to. What an earlier run has
        # saved stays until this one has saved the service; until then it may lead to any part.
        self._roots: dict[str, tuple[str, bytes, frozenset[str]]] = {}
        if self._saved:
            every = frozenset(self._saved.parts)
            self._roots = {service: (root, b"", every) for service, root in self._saved.roots.items()}
        self._failures = Failures(LOG)
        self._last = 0.0
        self._encoding = 0.0  # seconds that it took to encode what changed last
        self._problem = ""
        self._thread: threading.Thread | None = None
        self._beat = Beat()

    @property
    def has_saved(self) -> bool:
        """Whether an earlier run has saved something."""
        return self._saved is not None

    @property
    def described(self) -> dict[str, object]:
        """Say when it saved last, and what keeps it, or a service, from being saved."""
        problems = [self._problem] if self._problem else []
        problems += [f"the service {name} cannot be loaded: {why}" for name, why in self._unloaded.items()]
        problems += [f"the service {name}: {one.why}" for name, one in sorted(self._unsaved.items())]
        return {"last": self._last, "problem": "; ".join(problems), "pending": len(self._dirty)}

    def note(self, service: str) -> None:
        """Take account of a request that may have changed what a service holds."""
        self._dirty.add(_HELD_BY.get(service, service))
        if service in _WITH:
            self._dirty.add(_WITH[service])

    def load(self, names: list[str]) -> None:
        """Let all services hold what was saved, then let them go on with it.

        Raises `UnusableStateError` if a file was cut or changed; and whatever a service cannot take.
        """
        assert self._saved is not None
        self._find_holdings(names)
        found = {}
        for service, root in self._saved.roots.items():
            if service in self._holdings:
                found[service] = self._codec.decode(self._vault.read(root), self._vault.read)
        self._changes.restore(self._saved.changes)
        for service, content in found.items():
            self._holdings[service].fill(content)
        for service in found:
            self._holdings[service].revive()

    def start(self, names: list[str], unloaded: Mapping[str, str] = MappingProxyType({})) -> None:
        """Begin to save, once services are loaded.

        - `unloaded`: those that cannot be, and why.
        """
        self._unloaded = unloaded
        with contextlib.suppress(OSError):  # such as a full disk, which the first save tells of
            self._vault.mark_open()
        if not self._holdings:
            try:
                self._find_holdings(names)
            except Exception as error:  # whatever it is: the cloud goes on, and tells that it saves nothing
                self._problem = str(error) or type(error).__name__
                self._failures.tell(error, "the state of the local cloud cannot be saved")
                return
        self._dirty |= set(self._holdings)
        self._begin()
        self._watch.add(
            Watched(
                _THREAD,
                thread=lambda: self._thread,
                is_wanted=lambda: not self._closed,
                due=lambda: self._beat.due,
                repair=self._begin,
            )
        )

    def close(self) -> None:
        """Save for the last time; before `start` nothing: what is half loaded would replace what is saved."""
        self._closed = True
        self._wake.set()
        if self._thread is not None and self._try() and not self._unsaved:
            self._vault.mark_closed()

    def save(self) -> None:
        """Save what changed; `OSError` where that is not possible: it is tried again with the next change."""
        with self._saving:
            now = time.monotonic()
            busy = {name for name in self._holdings if self._is_busy(name, now)}
            dirty = (self._dirty & self._holdings.keys()) | busy | self._busy
            self._dirty |= dirty
            self._busy = {name for name in busy if not self._holdings[name].every}
            dirty -= {name for name, one in self._unsaved.items() if now < one.again}
            if not dirty and not self._codec.fresh:
                return
            self._dirty -= dirty
            try:
                self._write(dirty)
            except BaseException:
                self._dirty |= dirty
                raise

    def _is_busy(self, name: str, now: float) -> bool:
        one = self._holdings[name]
        is_due = self._closed or now >= self._due.get(name, now)
        if not (is_due and one.is_busy()):
            return False
        self._due[name] = now + one.every
        return True

    def _write(self, dirty: set[str]) -> None:
        objects.save()
        retired = {service: files.count_retired() for service, files in _FILES.items()}
        changed = self._encode(dirty)
        objects.save()  # what became whole since then is encoded, too
        for name, content in list(self._codec.fresh.items()):
            self._hashes[name] = self._vault.write(name, content)
            del self._codec.fresh[name]
        for service, (content, references) in changed.items():
            before, digest = self._roots.get(service), hashlib.sha256(content).digest()
            if before is None or before[1] != digest:
                name = uuid.uuid4().hex
                self._hashes[name] = self._vault.write(name, content)
                self._roots[service] = (name, digest, references)
        kept = {name for name, _, _ in self._roots.values()}
        kept.update(*(references for _, _, references in self._roots.values()))
        self._hashes = {name: self._hashes[name] for name in kept}
        self._codec.keep_only(kept)
        roots = {service: name for service, (name, _, _) in self._roots.items()}
        self._vault.commit(Manifest(roots, self._hashes, self._changes.count))
        self._vault.keep_only(kept)
        for service in _FILES.keys() & changed:  # else the state that is saved may still lead to them
            _FILES[service].remove_retired(retired[service])
        self._last = time.time()

    def _encode(self, services: set[str]) -> dict[str, tuple[bytes, frozenset[str]]]:
        """Encode what services hold, at one moment.

        One that cannot be encoded keeps the others from nothing: what it held before stays saved.
        """
        for last in (*(False,) * (_TRIES - 1), True):
            encoded: dict[str, tuple[bytes, frozenset[str]]] = {}
            failed: dict[str, Exception] = {}
            begun = time.monotonic()
            with _alone():
                for name in sorted(services):
                    try:
                        encoded[name] = self._codec.encode(self._holdings[name].content())
                    except Exception as error:
                        failed[name] = error
            self._encoding = time.monotonic() - begun
            if last or not any(isinstance(error, RuntimeError) for error in failed.values()):
                break  # else a dictionary changed its size
        self._take_account(services, failed)
        return encoded

    def _take_account(self, services: set[str], failed: Mapping[str, Exception]) -> None:
        """Remember which services could not be encoded; the log tells it."""
        for name in services - failed.keys():
            self._unsaved.pop(name, None)
        for name, error in failed.items():
            self._unsaved[name] = _Unsaved(str(error) or type(error).__name__, time.monotonic() + _AGAIN)
            self._dirty.add(name)
            self._failures.tell(error, f"what the service {name} holds cannot be saved")

    def _find_holdings(self, names: list[str]) -> None:
        # Imported now: state machines take a second, and are loaded when all else can be used.
        from localcloud.localstack.state.services import holdings  # noqa: PLC0415

        self._holdings = holdings(names, self._codec)

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._run, name=_THREAD, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closed and self._thread is threading.current_thread():
            self._wake.wait(max(PERIOD, _REST * self._encoding))
            if not self._closed:
                self._beat.expect(_LONG)
                self._try()
                self._beat.rest()

    def _try(self) -> bool:
        try:
            self.save()
        except Exception as error:  # whatever it is: the cloud goes on, and the next change is tried again
            self._problem = str(error)
            self._failures.tell(error, "the state of the local cloud cannot be saved")
            return False
        self._problem = ""
        return True


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let no other thread run, unless this one waits."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
