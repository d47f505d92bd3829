"""The definitions that programs make, kept for Terraform; a program runs again once it has changed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from driver.host.environments import Environments, Recipe
from driver.host.files import files_below, text_or_nothing, write_atomically
from driver.host.interpreters import this_interpreter
from driver.host.program_reads import READS, read_by_program
from driver.images.environments import ImageEnvironments
from driver.images.image import read_image
from driver.manifests.manifest import read_manifest, read_schema_of
from driver.manifests.requirements import REQUIREMENTS
from driver.projects.contents import ENGINE_FUNCTIONS, Contents
from driver.projects.pipelines import MANIFEST, PROGRAM
from driver.projects.programs import RUNNER, Names, Programs, environment_of, remove_others

_KEY = "key"  # the ending of the file that says what a definition was made of


@dataclass(frozen=True, slots=True)
class Definitions:
    """Makes the definitions of a project's programs, in a folder of the target.

    - `images`: the environments of its images; a program can run in one of them.
    - `working`: shows that something goes on; `detail` is told what programs print.
    - `chosen`: the pipelines that are deployed; None for all. Programs of others are not run.
    """

    contents: Contents
    directory: Path
    environ: Mapping[str, str]
    environments: Environments
    images: ImageEnvironments
    working: Callable[[str], AbstractContextManager[None]]
    detail: Callable[[str], None]
    chosen: tuple[str, ...] | None = None
    clock: Callable[[], float] = time.time

    def make(self, region: str) -> Path | None:
        """Make what is not there or has changed; returns the folder, None if the project has no program.

        Raises `ManifestError` if a program fails, `EnvironmentNotReadyError` if its Python cannot be made.
        """
        programs = {
            name: folder / PROGRAM
            for name, folder in self.contents.pipelines.items()
            if (folder / PROGRAM).is_file() and (self.chosen is None or name in self.chosen)
        }
        remove_others(self.directory, set(programs))
        if not programs:
            return None
        names = Names.of(self.contents, region, (*self.contents.functions, *ENGINE_FUNCTIONS))
        environment = environment_of(self.environ, region)
        for name, program in programs.items():
            python = self._python(program.parent)
            content, kept = self._content(program.parent, python, names), self.directory / f"{name}.{_KEY}"
            if (
                text_or_nothing(kept) == self._key(name, content)
                and (self.directory / f"{name}.json").is_file()
            ):
                continue
            kept.unlink(missing_ok=True)
            with self.working(f"Running {name}/{PROGRAM}"):
                Programs(names, environment, self.detail, self.clock).build(program, python, self.directory)
            write_atomically(kept, self._key(name, content).encode())
        return self.directory

    def _python(self, folder: Path) -> Path:
        """Find, or make, the Python that runs a program."""
        path = folder / MANIFEST
        manifest = read_manifest(path, read_schema_of("pipeline")) if path.is_file() else None
        wanted: Mapping[str, str] = manifest.content.get("program", {}) if manifest else {}
        if "python" in wanted:
            return folder / Path(wanted["python"]).expanduser()
        if "image" in wanted:
            image = self.contents.images.get(wanted["image"])
            if image is None and manifest:
                raise manifest.wrong(f"there is no image {wanted['image']}", "program", "image")
            with self.working(f"Preparing the Python of {folder.name}/{PROGRAM}"):
                return self.images.make(read_image(image or folder))
        requirements = folder / REQUIREMENTS
        if not requirements.is_file():
            return Path(sys.executable)
        recipe = Recipe(
            folder.name,
            this_interpreter(),
            (("--requirement", str(requirements)),),
            requirements.read_bytes(),
        )
        with self.working(f"Preparing the Python of {folder.name}/{PROGRAM}"):
            return self.environments.make(recipe, str(folder))

    def _key(self, name: str, content: str) -> str:
        """Add what the program has read outside its folder, when it ran last."""
        read = read_by_program(self.directory / f"{name}{READS}")
        return sha256(f"{content} {sorted(read.items())}".encode()).hexdigest()

    def _content(self, folder: Path, python: Path, names: Names) -> str:
        """Sum up all that a definition depends on: the folder, its Python, and what the program is told."""
        digest = sha256(f"{python} {sorted(names.placeholders.items())}".encode())
        for path in (RUNNER, *files_below(folder)):
            digest.update(str(path).encode() + b"\0" + sha256(path.read_bytes()).digest())
        return digest.hexdigest()
