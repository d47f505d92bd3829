"""Terraform's state where it lies in S3: looked at, written, moved there and back.

All of it is Terraform's own doing, with its locks and its checks, in a folder that holds nothing but the
backend: no provider is started, so that it takes a fraction of a second.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from driver.host.console import Console
from driver.host.files import write_atomically
from driver.host.wording import counted
from driver.model.exceptions import EnvironmentNotReadyError, WrongUseError
from driver.settings.backend import Backend
from driver.terraform.events import Diagnostic
from driver.terraform.failures import failure
from driver.terraform.files import TerraformFiles
from driver.terraform.state import StateHead, check_complete, read_managed_resources
from driver.terraform.working_folder import is_initialized

_COLOR = re.compile(r"\x1b\[[0-9;]*m")  # `state pull` knows no -no-color
_FRAME = re.compile(r"^[╷│╵] ?", re.MULTILINE)


class StateStore:
    """The place of one target's state.

    `wanted` is where the settings want it, None for this machine. `find_terraform` gives the program, and its
    environment, which holds the credentials.
    """

    def __init__(
        self,
        workspace: TerraformFiles,
        wanted: Backend | None,
        find_terraform: Callable[[], tuple[Path, Mapping[str, str]]],
    ) -> None:
        self._workspace = workspace
        self._wanted = wanted
        self._find_terraform = find_terraform

    def place(self) -> Backend | None:
        """Return where the state is: where it was left, else where the settings want it."""
        recorded = self._workspace.backend()
        if recorded or self._workspace.state_path.exists():
            return recorded
        return self._wanted

    def refresh(self) -> None:
        """Look at the state in S3, and keep what was seen; nothing is done if it lies on this machine."""
        place = self.place()
        if place is None:
            return
        text = self._pull(place)
        if self._workspace.backend() != place:
            self._workspace.records.keep_backend(place)
        write_atomically(self._workspace.remote_copy_path, text.encode(), durable=True)

    def push(self, path: Path) -> None:
        """Write a state to S3; Terraform refuses one that is older, or another deployment's."""
        place = self._workspace.backend()
        if place:
            self._run(place, "state push", str(path.absolute()))
            self.refresh()

    def clear(self) -> None:
        """Write into S3 that nothing is deployed any more."""
        place = self._workspace.backend()
        text = self._pull(place) if place else ""
        if place and text:
            state = json.loads(text)
            empty = {name: state[name] for name in ("version", "terraform_version", "lineage")}
            empty |= {"serial": state["serial"] + 1, "outputs": {}, "resources": []}
            with TemporaryDirectory(dir=self._workspace.directory) as folder:
                file = Path(folder) / "empty.tfstate"
                write_atomically(file, json.dumps(empty).encode())
                self.push(file)

    def settle(self, console: Console, *, assume_yes: bool) -> None:
        """Move the state to where the settings want it, after asking.

        Raises `WrongUseError` if the state of another deployment lies there. Raises `DeclinedError` if the
        user does not want it moved.
        """
        place, wanted = self.place(), self._wanted
        if place == wanted or (
            place and wanted and place.url == wanted.url and place.endpoint == wanted.endpoint
        ):
            if wanted and self._workspace.backend() != wanted:
                self._workspace.records.keep_backend(wanted)  # another lock or key of encryption
            return
        text = self._pull(place) if place else self._workspace.state_text()
        resources = read_managed_resources(text)
        self._check_that_it_is_free(wanted, text)
        if resources and not assume_yes:
            console.confirm(
                f"Terraform's state lies {_name(place)}. Move it to where it lies {_name(wanted)}?"
            )
        if resources:
            self._workspace.copies.keep(text)
            self._move(place, wanted, text)
        self._workspace.records.keep_backend(wanted)
        if wanted:
            self._workspace.state_path.unlink(missing_ok=True)  # a backup of it was just kept
            self.refresh()
        else:
            self._workspace.remote_copy_path.unlink(missing_ok=True)
        if resources:
            left = f"; what is left at {place.url} counts no more" if place else ""
            self._workspace.copies.keep(self._workspace.state_text())
            number = counted(len(resources), "resource")
            console.done(f"Terraform's state, {number}, lies {_name(wanted)} now{left}")

    def _check_that_it_is_free(self, wanted: Backend | None, text: str) -> None:
        """Make sure that nothing is overwritten but an earlier version of the same state."""
        there = self._pull(wanted) if wanted else ""
        if not (there and read_managed_resources(there)):
            return
        ours = check_complete(text) if text.strip() else StateHead()
        theirs = check_complete(there)
        if text.strip() and ours.lineage == theirs.lineage and (ours.serial or 0) >= (theirs.serial or 0):
            return
        if not read_managed_resources(text):
            return  # nothing is deployed from here: what is there is taken over
        raise WrongUseError(
            f"Terraform's state cannot be moved: there is one {_name(wanted)} already.",
            "It is another deployment's, or a newer one.",
            "Name another key in the table [backend] of sagestep.toml.",
        )

    def _move(self, place: Backend | None, wanted: Backend | None, text: str) -> None:
        """Copy the state with both places locked. In a new place Terraform gives it a new lineage."""
        with self._folder(place) as folder:
            self._describe(folder, wanted)
            self._terraform(folder, None, "init", *self._init(), "-migrate-state", "-force-copy")
            moved = self._terraform(folder, None, "state pull")
        if _content(moved) != _content(text):
            raise EnvironmentNotReadyError(
                "Terraform's state was changed while it was moved.",
                f"What lies {_name(wanted)} is not what lay {_name(place)}.",
                "Run the same command again.",
            )

    def _pull(self, place: Backend) -> str:
        """Return the state that lies in S3; nothing if there is none."""
        return self._run(place, "state pull")

    def _run(self, place: Backend, command: str, *arguments: str) -> str:
        configuration = self._workspace.configuration_directory / "terraform"
        data = self._workspace.data_directory
        if is_initialized(configuration, data, place):
            return self._terraform(configuration, data, command, *arguments)
        with self._folder(place) as folder:
            return self._terraform(folder, None, command, *arguments)

    @contextmanager
    def _folder(self, place: Backend | None) -> Iterator[Path]:
        """Make a folder that holds a backend and nothing else, ready to be used."""
        self._workspace.directory.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._workspace.directory, prefix=".backend-") as name:
            folder = Path(name)
            self._describe(folder, place)
            self._terraform(folder, None, "init", *self._init())
            yield folder

    def _init(self) -> list[str]:
        """Say how a folder is made ready: a state names its providers, which are here already."""
        providers = self._workspace.data_directory / "providers"
        return ["-input=false", *([f"-plugin-dir={providers.absolute()}"] if providers.is_dir() else [])]

    def _describe(self, folder: Path, place: Backend | None) -> None:
        local = {"local": {"path": str(self._workspace.state_path.absolute())}}
        document = {"terraform": {"backend": place.document() if place else local}}
        write_atomically(folder / "backend.tf.json", json.dumps(document).encode())

    def _terraform(self, folder: Path, data: Path | None, command: str, *arguments: str) -> str:
        """Run a command to its end and return what it wrote; `data` is Terraform's, if it is elsewhere."""
        program, environment = self._find_terraform()
        done = subprocess.run(
            [str(program), *command.split(), *arguments],
            cwd=folder,
            env={**environment, "TF_DATA_DIR": str(data or folder / "data")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            said = _COLOR.sub("", done.stderr)
            summary = next(
                (line for line in _FRAME.sub("", said).splitlines() if line.startswith("Error: ")), ""
            )
            detail = _FRAME.sub("", said).partition(summary)[2]
            raise failure(
                command, done.returncode, [Diagnostic("error", summary.removeprefix("Error: "), detail)]
            )
        return done.stdout


def _content(text: str) -> tuple[object, object]:
    state = json.loads(text) if text.strip() else {}
    return state.get("resources"), state.get("outputs")


def _name(place: Backend | None) -> str:
    return f"at {place.url}" if place else "on this machine"
