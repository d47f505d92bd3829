"""Virtual environments in a folder of the user's cache, each made once for what is in it.

An environment lies where its name and its content say. It counts only once its record is written, which is
the last step: an interrupted one is removed, and one whose maker was killed is made anew. A lock lets two
commands that want the same one make it once. All projects of a user share the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from driver.host.disk_space import says_full
from driver.host.files import write_atomically
from driver.host.interpreters import Interpreter
from driver.model.exceptions import EnvironmentNotReadyError

_FORMAT = 1  # of the folder; a new number makes every environment anew
_RECORD = "sagestep.json"
OF_FUNCTIONS = "function-"
"""How the names of the environments for functions begin: they hold the packages that a function needs."""
_LAST_LINES = 12
_NOT_TELLING = ("WARNING: ", "Looking in ", "[notice]", "Expected     or")
_TELLING = re.compile(r"\s*(Collecting|Downloading|Building|Installing) (.*)")
# What pip and a compiler need of the user's environment: no credentials of AWS's, no PYTHONPATH.
_PASSED_ON = re.compile(
    r"PATH|HOME|LANG|LC_ALL|TMPDIR|TZ|XDG_\w+|PIP_\w+|NPM_CONFIG_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|CC|CFLAGS|LDFLAGS"
    r"|(https?|no|all)_proxy",
    re.IGNORECASE,
)
# What to do next, by what pip or a compiler says.
_CURES = (
    (
        r"npm (error|ERR!) code (ENOTFOUND|ECONN\w+|ETIMEDOUT|EAI_AGAIN)",
        (
            "The network is needed once, to load the packages: connect, or name a registry with "
            "NPM_CONFIG_REGISTRY, then try again."
        ),
    ),
    (
        r"npm (error|ERR!) .*package.json and package-lock.json",
        "Bring the lock up to date (`npm install --package-lock-only` in its folder), then try again.",
    ),
    (
        r"DO NOT MATCH THE HASHES|--require-hashes mode",
        (
            "Its packages are not those of the lock: make the lock anew, with what builds a package, or "
            "use an index that has these."
        ),
    ),
    (
        (
            r"Failed to establish a new connection|Temporary failure in name resolution|ProxyError"
            r"|(Read|Connect)Timeout|Connection refused"
        ),
        (
            "The network is needed once, to load the packages: connect, or name a package index with "
            "PIP_INDEX_URL, then try again."
        ),
    ),
    (
        r"Could not find a version|No matching distribution",
        (
            "No index has that for this Python: correct the name or the version, or name another index "
            "with PIP_INDEX_URL, then try again."
        ),
    ),
    (
        r"command '\S*(gcc|cc|clang)\S*' failed|unable to execute '\S*cc|Microsoft Visual C\+\+",
        (
            "A package is compiled here: install a C compiler (Debian: build-essential, macOS: "
            "xcode-select --install), then try again."
        ),
    ),
    (
        r"ensurepip is not available|No module named '?ensurepip",
        "Install the part of Python that makes virtual environments (Debian: python3-venv), then try again.",
    ),
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an environment is made of.

    - `name`: the first part of its folder's name.
    - `installs`: the arguments of each `pip install`, in turn; files in them by absolute paths.
    - `content`: what identifies it besides the interpreter, such as the content of these files.
    - `commands`: the arguments of its own Python, for what is done at the end.
    - `directory`: where `pip install` runs, for relative paths in its files.
    - `finish`: is given its folder at the end, while nobody else makes or uses it.
    - `has_pip`: whether pip is in it; making it without takes a tenth of the time.

    In `installs` the word `{environment}` stands for the environment's folder.
    """

    name: str
    interpreter: Interpreter
    installs: tuple[tuple[str, ...], ...]
    content: bytes
    commands: tuple[tuple[str, ...], ...] = ()
    directory: Path | None = None
    finish: Callable[[Path], object] | None = None
    has_pip: bool = True

    @property
    def key(self) -> str:
        """Its folder's name."""
        minor = ".".join(self.interpreter.version.split(".")[:2])
        facts = f"{_FORMAT} {minor} {self.interpreter.platform}\n".encode()
        return f"{self.name}-{hashlib.sha256(facts + self.content).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Kept:
    """An environment that is there; `users` are the places that it was made for, `size` is in bytes."""

    path: Path
    name: str
    version: str
    size: int
    users: tuple[str, ...]


def environments_folder(environ: Mapping[str, str]) -> Path:
    """Give the folder of all environments (XDG Base Directory Specification: XDG_CACHE_HOME)."""
    cache = environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if cache.startswith("/") else Path(environ.get("HOME", "~")).expanduser() / ".cache"
    return base / "sagestep" / "environments"


def makers_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the environment that pip runs in."""
    return {name: value for name, value in environ.items() if _PASSED_ON.fullmatch(name)}


class Environments:
    """The environments of one folder.

    - `progress`: is told what happens, in a few words; may be called often.
    """

    def __init__(
        self, folder: Path, environ: Mapping[str, str], progress: Callable[[str], None] = lambda _: None
    ) -> None:
        self.folder = folder
        self._environ = makers_environment(environ)
        self._progress = progress

    def path(self, recipe: Recipe) -> Path:
        """Tell where an environment lies, or will lie."""
        return self.folder / recipe.key

    def python(self, recipe: Recipe) -> Path:
        """Tell where the program `python` of an environment lies, or will lie."""
        return self.path(recipe) / "bin" / "python"

    def record(self, recipe: Recipe) -> Path:
        """Tell which file is there as soon as the environment can be used."""
        return self.path(recipe) / _RECORD

    def is_ready(self, recipe: Recipe) -> bool:
        """Tell whether it can be used."""
        return self._read(self.path(recipe)) is not None

    def make(self, recipe: Recipe, user: str = "") -> Path:
        """Make an environment unless it is there; give its `python`.

        `user` is remembered as one that it is for. Raises `EnvironmentNotReadyError` with pip's last lines.
        """
        path = self.path(recipe)
        kept = self._read(path)
        if kept is None or user not in ("", *kept.users):
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._lock(recipe.key, f"Waiting for another command that makes {recipe.name}"):
                kept = self._read(path)
                if kept is None:
                    self._build(recipe, path, user)
                elif user not in ("", *kept.users):
                    self._write(path, kept.version, recipe.name, (*kept.users, user), kept.size)
        return self.python(recipe)

    def kept(self) -> list[Kept]:
        """List the environments that are there."""
        found = (self._read(path) for path in sorted(self.folder.glob("*-*/")))
        return [kept for kept in found if kept is not None]

    def remove_unused(self, is_used: Callable[[Kept, str], bool]) -> list[Kept]:
        """Remove every environment that none of its users uses any more, and what is left of broken ones.

        One that was made for nobody by name stays.
        """
        removed = []
        for path in sorted(self.folder.glob("*-*/")):
            with self._lock(path.name, f"Waiting for another command that makes {path.name}"):
                kept = self._read(path)
                if kept and (not kept.users or any(is_used(kept, user) for user in kept.users)):
                    continue
                removed.append(kept or Kept(path, path.name.rpartition("-")[0], "", _size(path), ()))
                self._remove(path)
        return removed

    def _build(self, recipe: Recipe, path: Path, user: str) -> None:
        self._remove(path)
        log = self.folder / f"{recipe.key}.log"
        try:
            with log.open("w", encoding="utf-8") as stream:
                version = recipe.interpreter.version
                self._progress(f"Making a virtual environment of Python {version}")
                options = () if recipe.has_pip else ("--without-pip",)
                venv = [str(recipe.interpreter.path), "-m", "venv", *options, str(path)]
                self._run(venv, recipe, stream.write)
                # -I: what lies in the working directory must not stand for a module of pip's.
                pip = [str(self.python(recipe)), "-I", "-u", "-m", "pip", "install", "--no-input"]
                for arguments in recipe.installs:
                    words = [word.replace("{environment}", str(path)) for word in arguments]
                    quiet = ("--progress-bar=off", "--disable-pip-version-check")
                    self._run([*pip, *quiet, *words], recipe, stream.write, recipe.directory)
                for command in recipe.commands:
                    self._run([str(self.python(recipe)), *command], recipe, stream.write)
            if recipe.finish:
                recipe.finish(path)
            self._write(path, version, recipe.name, (user,) if user else (), _size(path))
            log.unlink()
        except BaseException:
            self._remove(path)
            raise

    def _run(
        self,
        command: list[str],
        recipe: Recipe,
        keep: Callable[[str], object],
        directory: Path | None = None,
    ) -> None:
        said: list[str] = []
        with subprocess.Popen(
            command,
            env=self._environ | {"PYTHONUNBUFFERED": "1", "PYTHONNOUSERSITE": "1"},
            cwd=directory or self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # pip runs further pips, which must end with it
        ) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    keep(line)
                    said.append(line.rstrip())
                    if match := _TELLING.match(line):
                        what = match[2].partition(" (from ")[0].rpartition("/")[2]
                        self._progress(f"{match[1]} {what}")
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode:
            raise self._failure(recipe, said)

    def _failure(self, recipe: Recipe, said: list[str]) -> EnvironmentNotReadyError:
        text = "\n".join(said)
        if says_full(text):
            cure = f"Make room on the disk of {self.folder}, then try again."
        else:
            cures = (cure for pattern, cure in _CURES if re.search(pattern, text))
            cure = next(cures, "Correct what it says, then try again.")
        telling = [line for line in said if line.strip() and not line.strip().startswith(_NOT_TELLING)]
        shown = (telling or said)[-_LAST_LINES:]
        return EnvironmentNotReadyError(
            f"The Python environment of {recipe.name} cannot be made.",
            "\n".join(shown) or "There was no output.",
            f"{cure} The whole output is in {self.folder / recipe.key}.log.",
        )

    @contextmanager
    def _lock(self, key: str, waiting: str) -> Iterator[None]:
        with (self.folder / f".{key}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self._progress(waiting)
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _write(self, path: Path, version: str, name: str, users: tuple[str, ...], size: int) -> None:
        record = {"name": name, "version": version, "size": size, "users": list(users), "made": time.time()}
        write_atomically(path / _RECORD, json.dumps(record).encode())

    def _read(self, path: Path) -> Kept | None:
        try:
            record = json.loads((path / _RECORD).read_text("utf-8"))
            if not (path / "bin" / "python").exists():  # its interpreter was uninstalled
                return None
            return Kept(path, record["name"], record["version"], record["size"], tuple(record["users"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _remove(self, path: Path) -> None:
        (path / _RECORD).unlink(missing_ok=True)  # first: a half of it must not count
        shutil.rmtree(path, ignore_errors=True)


def _size(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            status = (Path(folder) / name).lstat()
            total += status.st_size
    return total
