"""The folder that Terraform works in: the configuration, and where the state of one target lies.

Each target has one of its own, so that what Terraform writes beside a configuration (the lock file of its
providers, `errored.tfstate`) is that target's, the source is never written to, and the place of the state
can differ.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from driver.host.files import PRIVATE, text_or_nothing, write_if_changed
from driver.model.exceptions import WrongUseError
from driver.model.records import parse_object
from driver.settings.backend import Backend

_LOCK = ".terraform.lock.hcl"
_ERRORED = "errored.tfstate"
# Terraform merges it with the configuration, and what it says of the backend takes the place of all else:
# https://developer.hashicorp.com/terraform/language/files/override
_OVERRIDE = "backend_override.tf.json"
_NOT_CONFIGURATION = {"examples", "tests"}


class WorkingFolder:
    """A target's copy of the configuration.

    What lies beside the source in `resources` is read by it. The project's `own` configuration becomes a part
    of the same root module: it can name all that ours declares, such as `local.sagestep`.
    """

    def __init__(self, source: Path, directory: Path, own: Path | None = None) -> None:
        self.path = directory / source.name
        self._source = source
        self._own = own
        self._resources = directory / "resources"

    def prepare(self, backend: Backend | None) -> Path:
        """Make the copy what the source is; nothing is written that is so already.

        Raises `WrongUseError` if a file of the project's own has the name of one of ours.
        """
        wanted = {file.relative_to(self._source): file for file in self._files(self._source)}
        wanted |= self._own_files(set(wanted))
        for name, file in wanted.items():
            write_if_changed(self.path / name, file.read_bytes())
        if backend:
            text = json.dumps(_override(backend), indent=2) + "\n"
            write_if_changed(self.path / _OVERRIDE, text.encode())
            wanted[Path(_OVERRIDE)] = self._source
        for file in list(self._files(self.path)):
            if file.relative_to(self.path) not in wanted:
                file.unlink()
        beside = self._source.parent / self._resources.name
        if beside.is_dir() and not (self._resources.is_symlink() and self._resources.readlink() == beside):
            self._resources.unlink(missing_ok=True)
            self._resources.symlink_to(beside, target_is_directory=True)
        return self.path

    def begin_anew(self, data_directory: Path) -> None:
        """Take the providers' lock file from the source, and drop what Terraform could not read."""
        lock, source = self.path / _LOCK, self._source / _LOCK
        if source.is_file():
            write_if_changed(lock, source.read_bytes())
        elif lock.exists() and not _is_whole_lock(lock):
            lock.unlink()
        if not is_whole(data_directory):
            shutil.rmtree(data_directory)

    def close(self) -> None:
        """Take the lock file from others, for whom Terraform leaves it open."""
        with suppress(FileNotFoundError):
            (self.path / _LOCK).chmod(PRIVATE)

    def fingerprint(self, *, is_portable: bool = False) -> bytes:
        """Sum up the configuration and its lock files; `is_portable`: not what `init` and the place add."""
        digest = sha256()
        locks = [self._source / _LOCK] if is_portable else [self._source / _LOCK, self.path / _LOCK]
        own = self._files(self._own) if self._own else ()
        there = [path for path in locks if path.is_file()]
        for path in (*sorted(self._files(self._source)), *sorted(own), *there):
            name = str(path)
            if is_portable:
                root = self._source if path.is_relative_to(self._source) else self._own
                name = f"{root != self._source} {path.relative_to(root or self._source)}"
            digest.update(name.encode() + path.read_bytes())
        return digest.digest()

    def _own_files(self, ours: set[Path]) -> dict[Path, Path]:
        if self._own is None:
            return {}
        own = {file.relative_to(self._own): file for file in self._files(self._own)}
        same = sorted(own.keys() & ours)
        if same:
            raise WrongUseError(
                f"{own[same[0]]} cannot be added to sagestep's configuration.",
                f"Both have a file {same[0]}, and they become one module.",
                "Give it another name.",
            )
        return own

    def _files(self, folder: Path) -> Iterator[Path]:
        for path in folder.rglob("*"):
            name = path.relative_to(folder)
            is_hidden = any(part.startswith(".") for part in name.parts)
            is_state = ".tfstate" in path.name
            if path.is_file() and not (is_hidden or is_state or _NOT_CONFIGURATION & set(name.parts)):
                yield path


def is_whole(data_directory: Path) -> bool:
    """Tell whether what Terraform keeps of an `init` can be read, as far as there is any."""
    for name in ("terraform.tfstate", "modules/modules.json"):
        try:
            parse_object((data_directory / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            return False
    return True


def is_initialized(configuration: Path, data_directory: Path, backend: Backend) -> bool:
    """Tell whether a working folder is ready for a state in S3."""
    try:
        said = parse_object((configuration / _OVERRIDE).read_text(encoding="utf-8"))
        known = parse_object((data_directory / "terraform.tfstate").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    found = known.get("backend")
    config = found.get("config") if isinstance(found, dict) and found.get("type") == "s3" else None
    place = {"bucket": backend.bucket, "key": backend.key, "region": backend.region}
    is_known = isinstance(config, dict) and all(config.get(name) == value for name, value in place.items())
    return is_known and said == _override(backend)


def _override(backend: Backend) -> dict[str, object]:
    return {"terraform": {"backend": backend.document()}}


def _is_whole_lock(path: Path) -> bool:
    text = text_or_nothing(path)
    return "provider " in text and text.count("{") == text.count("}") and text.count("[") == text.count("]")
