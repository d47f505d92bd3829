"""The files of a saved state: parts, and one signed manifest with the hash of each.

A save writes new parts, makes them durable, and replaces the manifest at last. So whatever ends the process,
the manifest names parts that are whole. The manifest is checked by a key of this folder, and each part by its
hash, before anything is decoded: decoding runs code.
"""

import hashlib
import hmac
import json
import os
import secrets
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FORMAT = 1
UNUSABLE = "the saved state in"
"""So begins why a cloud does not start whose saved state is refused; the driver knows it by this."""
_MANIFEST = "manifest.json"
_OPEN = "open"
"""Is there while a cloud runs, and after it unless its last save has saved everything: for the driver."""


class UnusableStateError(Exception):
    """A saved state cannot be loaded; the message says why."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was saved: the root part of each service by its name, and the hash of every part.

    `changes`: how many requests may have changed a resource of Terraform's.
    """

    roots: Mapping[str, str]
    parts: Mapping[str, str]
    changes: int = 0


class Vault:
    """The saved state in a folder that belongs to the user alone.

    `version`: of everything whose objects are saved; a state of another version is not loaded.
    """

    def __init__(self, folder: Path, version: str) -> None:
        self._folder = folder
        self._parts = folder / "parts"
        self._version = version
        self._key = b""
        self._known: set[str] = set()
        self._hashes: Mapping[str, str] = {}

    def open(self) -> Manifest | None:
        """Make the folder ready, and give what was saved last; None where nothing was.

        Raises `UnusableStateError` if it is of another version or folder, or was cut or changed.
        """
        self._parts.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key = self._read_key()
        for path in [*self._parts.glob("*.new"), *self._folder.glob("*.new")]:
            path.unlink()  # of a save that did not come to its end
        self._known = {path.name for path in self._parts.iterdir()}
        try:
            content = (self._folder / _MANIFEST).read_bytes()
        except FileNotFoundError:
            self.keep_only(())
            return None
        manifest = self._checked(content)
        if missing := manifest.parts.keys() - self._known:
            raise UnusableStateError(f"{len(missing)} of its files are missing, such as {min(missing)}")
        self.keep_only(manifest.parts)
        self._hashes = manifest.parts
        return manifest

    def read(self, name: str) -> bytes:
        """Read a part of what was saved; `UnusableStateError` if it was cut or changed."""
        try:
            with open(f"{self._parts}/{name}", "rb") as file:  # noqa: PTH123 - there are thousands: half the time
                content = file.read()
        except OSError as error:
            raise UnusableStateError(f"its file {name} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != self._hashes[name]:
            raise UnusableStateError(f"its file {name} was cut or changed")
        return zlib.decompress(content)

    def write(self, name: str, content: bytes) -> str:
        """Write a new part; give its hash. `OSError` if that is not possible."""
        packed = zlib.compress(content, 1)
        _write(self._parts / name, packed)
        self._known.add(name)
        return hashlib.sha256(packed).hexdigest()

    def commit(self, manifest: Manifest) -> None:
        """Make all parts durable, then let the manifest name them; `OSError` leaves the one before."""
        sync_folder(self._parts)
        body = {
            "format": FORMAT,
            "version": self._version,
            "roots": dict(manifest.roots),
            "parts": dict(manifest.parts),
            "changes": manifest.changes,
        }
        text = json.dumps(body).encode()
        _write(self._folder / _MANIFEST, text + b"\n" + self._sign(text))
        sync_folder(self._folder)

    def mark_open(self) -> None:
        """Note that something may be unsaved. `OSError` where that is not possible."""
        (self._folder / _OPEN).touch(mode=0o600)

    def mark_closed(self) -> None:
        """Note that everything is saved: this works on a full disk, too."""
        (self._folder / _OPEN).unlink(missing_ok=True)

    def keep_only(self, parts: Iterable[str]) -> None:
        """Remove all parts but these."""
        kept = set(parts)
        for name in self._known - kept:
            (self._parts / name).unlink(missing_ok=True)
        self._known &= kept

    def _checked(self, content: bytes) -> Manifest:
        text, _, signature = content.rpartition(b"\n")
        if not hmac.compare_digest(self._sign(text), signature):
            raise UnusableStateError("its manifest was cut or changed, or is of another folder")
        body = json.loads(text)
        if (body["format"], body["version"]) != (FORMAT, self._version):
            raise UnusableStateError("another version of sagestep has saved it")
        return Manifest(body["roots"], body["parts"], body["changes"])

    def _sign(self, text: bytes) -> bytes:
        return hmac.new(self._key, text, hashlib.sha256).hexdigest().encode()

    def _read_key(self) -> bytes:
        path = self._folder / "key"
        with suppress(FileNotFoundError):
            return path.read_bytes()
        _write(path, secrets.token_bytes(32))
        return path.read_bytes()


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole, durable and for its owner alone."""
    temporary = path.with_suffix(".new")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make the names of a folder's files durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
