"""Makes a saved state one that another folder, port and machine can take, and back.

    python -m localcloud.localstack.state.portable export SAVED FOLDER PORT
    python -m localcloud.localstack.state.portable import FOLDER PORT SAVED

What is exported belongs to no folder: its manifest is not signed, sessions of roles are left out, the port
and the folder are placeholders. Parts are pickles: they are rewritten without being decoded, which would run
code. An import checks the version and every hash, then signs the state with a key of its own, in place: SAVED
is where the folder will be moved to.
"""

import argparse
import errno
import hashlib
import json
import pickletools
import re
import shutil
import struct
import sys
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from localcloud.localstack.state.vault import FORMAT, Manifest, UnusableStateError, Vault
from localcloud.localstack.state.version import version

Replace = Callable[[str], str]

_MANIFEST = "manifest.json"
# The local cloud's folder holds the saved state, and the code of functions and jobs, which tracebacks name.
_PORT, _FOLDER = "@sagestep-port@", "@sagestep-cloud@"
_LEFT_OUT = {"sts", "sessions"}
"""Services whose state is credentials. Whoever has a session of a role assumes it anew."""
_FILES = ("objects", "logs", "geospatial")
# The request of a process of the geocoder and its log: written anew when the process starts.
_NOT_COPIED = shutil.ignore_patterns("*.new", "task.json", "worker.log")
_TEXTS = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}


def export(saved: Path, folder: Path, port: int, of_version: str) -> None:
    """Write a portable copy of a saved state into a new folder; `UnusableStateError` if it is not whole."""
    vault = Vault(saved, of_version)
    manifest = vault.open()
    if manifest is None:
        raise UnusableStateError("there is none")
    where = re.compile(
        rf"(?:(?<=127\.0\.0\.1:)|(?<=localhost:)|(?<=localhost\.localstack\.cloud:)){port}(?!\d)"
    )

    cloud = str(saved.parent)

    def replace(text: str) -> str:
        return where.sub(_PORT, text).replace(cloud, _FOLDER)

    (folder / "parts").mkdir(parents=True)
    hashes = {}
    roots = {service: name for service, name in manifest.roots.items() if service not in _LEFT_OUT}
    left_out = set(manifest.roots.values()) - set(roots.values())
    for name in manifest.parts.keys() - left_out:
        content = _rewritten(vault.read(name), (str(port), cloud), replace)
        hashes[name] = _write(folder / "parts" / name, content)
    for kind in _FILES:
        if (saved / kind).is_dir():
            shutil.copytree(saved / kind, folder / kind, ignore=_NOT_COPIED)
    body = {
        "format": FORMAT,
        "version": of_version,
        "roots": roots,
        "parts": hashes,
        "changes": manifest.changes,
    }
    (folder / _MANIFEST).write_text(json.dumps(body), encoding="utf-8")


def import_(folder: Path, port: int, saved: Path, of_version: str) -> None:
    """Make a portable state the saved state of `saved`, where it is to be moved.

    Raises `UnusableStateError`, before anything is written, if it is of another version, was cut or changed.
    """
    try:
        body = json.loads((folder / _MANIFEST).read_bytes())
        found = (body["format"], body["version"])
        manifest = Manifest(body["roots"], body["parts"], body["changes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableStateError("its manifest is missing or cannot be read") from error
    if found != (FORMAT, of_version):
        raise UnusableStateError("another version of sagestep has saved it")
    contents = {}
    for name, wanted in manifest.parts.items():
        path = folder / "parts" / name
        packed = path.read_bytes() if Path(name).name == name and path.is_file() else b""
        if hashlib.sha256(packed).hexdigest() != wanted:
            raise UnusableStateError(f"its file {name} was cut or changed")
        contents[name] = zlib.decompress(packed)
    for path in folder.iterdir():  # such as a key of whoever has written it
        if path.name not in {_MANIFEST, "parts", *_FILES}:
            raise UnusableStateError(f"its file {path.name} is none of a saved state")

    def replace(text: str) -> str:
        return text.replace(_PORT, str(port)).replace(_FOLDER, str(saved.parent))

    (folder / _MANIFEST).unlink()
    vault = Vault(folder, of_version)
    vault.open()  # makes a key, and removes all parts: no manifest names them
    hashes = {
        name: _write(folder / "parts" / name, _rewritten(content, (_PORT, _FOLDER), replace))
        for name, content in contents.items()
    }
    vault.commit(Manifest(manifest.roots, hashes, manifest.changes))


def _write(path: Path, content: bytes) -> str:
    """Write a part; it is not durable: one that a power cut loses is refused by its hash."""
    packed = zlib.compress(content, 1)
    path.touch(0o600)
    path.write_bytes(packed)
    return hashlib.sha256(packed).hexdigest()


def _rewritten(content: bytes, sought: Sequence[str], replace: Replace) -> bytes:
    """Replace within the texts of a pickle; nothing of it is decoded to an object.

    https://github.com/python/cpython/blob/3.13/Lib/pickletools.py describes the opcodes. Frames only tell how
    much to read at once: they are left out, since their lengths change.
    """
    if not any(text.encode() in content for text in sought):
        return content
    written = bytearray()
    opcodes = [(opcode.name, given, place or 0) for opcode, given, place in pickletools.genops(content)]
    for (name, given, begin), (_, _, end) in pairwise([*opcodes, ("", None, len(content))]):
        if name == "FRAME":
            continue
        if name in _TEXTS and (text := replace(str(given))) != given:
            encoded = text.encode("utf-8", "surrogatepass")
            written += b"X" + struct.pack("<I", len(encoded)) + encoded
        else:
            written += content[begin:end]
    return bytes(written)


def main() -> None:
    """Do what the command line says; exit code 3, and why, where that is not possible."""
    parser = argparse.ArgumentParser(description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    exporting = actions.add_parser("export")
    exporting.add_argument("saved", type=Path)
    exporting.add_argument("folder", type=Path)
    exporting.add_argument("port", type=int)
    importing = actions.add_parser("import")
    importing.add_argument("folder", type=Path)
    importing.add_argument("port", type=int)
    importing.add_argument("saved", type=Path)
    options = parser.parse_args()
    try:
        if options.action == "export":
            export(options.saved, options.folder, options.port, version())
        else:
            import_(options.folder, options.port, options.saved, version())
    except UnusableStateError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(3)
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n")
        sys.exit(4 if error.errno == errno.ENOSPC else 5)


if __name__ == "__main__":
    main()
