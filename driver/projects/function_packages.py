"""What functions need besides their own code, installed for where they run and zipped.

In Python that is `requirements.txt`, for Node.js see `driver/projects/node_packages.py`.

On AWS that is Lambda's Linux and the function's runtime; on the local cloud it is the local cloud's Python.
Wheels alone are installed, in both places: what would have to be compiled here could not run there. Each
zip lies in the user's cache, by its content.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from driver.host.environments import OF_FUNCTIONS, Environments, Recipe
from driver.host.files import write_atomically
from driver.host.interpreters import Interpreter, ask_interpreter, find_interpreter, this_interpreter
from driver.manifests.functions import is_node, runtime_of
from driver.manifests.manifest import Mistake, manifest_error
from driver.manifests.requirements import REQUIREMENTS, index_mistakes, requirement_mistakes
from driver.model.exceptions import EnvironmentNotReadyError
from driver.projects.node_packages import INSTALL, LOCK, ON_LAMBDA, PACKAGE, check_node_packages

_ARCHIVE = "packages.zip"
# What pip and npm write for themselves, with paths of this machine in it; nothing that runs reads it.
_NOT_PACKED = re.compile(
    r"bin/.*|[^/]+\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json)"
    r"|package(-lock)?\.json|\.npmrc|node_modules/\.(bin/.*|package-lock\.json)"
)
_OTHER_FILES = re.compile(r"(?:^|\s)(?:-r|--requirement|-c|--constraint)[ =]?\s*(\S+)|(\S+\.whl)\b")
# What is built here, whatever the platform that is asked for.
_BUILT = re.compile(r"\s*(-e\b|--editable|--no-binary)|(^|@)\s*(git|hg|svn|bzr)\+|(^|@)\s*\S*/\S*(?<!\.whl)$")

_NO_WHEEL = r"Could not find a version|No matching distribution|has no wheel|is not a supported wheel"
_CURE = (
    "There is no wheel of it for {place}: name another version or another package. Of a package that is "
    "pure Python make one with `pip wheel --no-deps PACKAGE`, put it into lambda_src/{folder} and write "
    "./FILE.whl in requirements.txt."
)


@dataclass(frozen=True, slots=True)
class FunctionPackages:
    """Makes the zips of what functions need.

    - `working`: shows that something goes on.
    - `local_python`: gives the Python of the local cloud; None where functions run as on AWS.
    """

    environments: Environments
    environ: Mapping[str, str]
    working: Callable[[str], AbstractContextManager[None]]
    local_python: Callable[[], Path] | None

    def archives(
        self, folders: Mapping[str, Path], pack: Callable[[Path], bytes], *, install: bool
    ) -> dict[str, Path | None]:
        """Find, or make, the zip of each function that has a requirements.txt or a package-lock.json.

        - `folders`: the functions' folders by name; `pack`: zips a folder.
        - `install`: whether to make what is not there; else it is None, as where a file has a mistake.

        Raises `ManifestError` if a file names what cannot be installed for Lambda, and
        `EnvironmentNotReadyError` with pip's last lines.
        """
        found: dict[str, Path | None] = {}
        for name, folder in folders.items():
            needs, check = (
                (LOCK, check_node_packages) if is_node(folder) else (REQUIREMENTS, check_requirements)
            )
            if not (folder / needs).is_file():
                continue
            if mistakes := list(check(folder)):
                if install:
                    raise manifest_error(folder / needs, mistakes)
                found[name] = None
                continue
            recipe, place = self._recipe(folder, pack) if needs == REQUIREMENTS else self._node(folder, pack)
            archive = self.environments.path(recipe) / _ARCHIVE
            if not archive.is_file() and install:
                if needs == LOCK and not shutil.which("npm", path=self.environ.get("PATH")):
                    raise EnvironmentNotReadyError(
                        f"The packages of the function {name} cannot be installed.",
                        "Its package-lock.json needs the program npm, which is not on PATH.",
                        "Install Node.js, which brings npm, and run the same command again.",
                    )
                with self.working(f"Installing the packages of the function {name}"):
                    try:
                        self.environments.make(recipe, str(folder))
                    except EnvironmentNotReadyError as error:
                        cure = _CURE.format(place=place, folder=name)
                        raise EnvironmentNotReadyError(
                            f"The packages of the function {name} cannot be installed.",
                            error.why,
                            cure if re.search(_NO_WHEEL, error.why) else error.next_step,
                        ) from error
            found[name] = archive if archive.is_file() else None
        return found

    def _node(self, folder: Path, pack: Callable[[Path], bytes]) -> tuple[Recipe, str]:
        """Tell what npm is asked, and for which place."""
        options = () if self.local_python else ON_LAMBDA
        content = b"\0".join((folder / name).read_bytes() for name in (PACKAGE, LOCK))
        return Recipe(
            f"{OF_FUNCTIONS}{folder.name}",
            this_interpreter(),
            (),
            b"npm " + " ".join(options).encode() + content,
            ((str(INSTALL), str(folder.absolute()), *options),),
            finish=lambda environment: _zip(environment, pack),
            has_pip=False,
        ), "this machine" if self.local_python else f"Lambda's {runtime_of(folder)}"

    def _recipe(self, folder: Path, pack: Callable[[Path], bytes]) -> tuple[Recipe, str]:
        """Tell what pip is asked, and for which place."""
        content = b"\0".join(path.read_bytes() for path in _files_of(folder / REQUIREMENTS, folder))
        where = ("--target", "{environment}/installed", "--only-binary=:all:", "--no-compile")
        if self.local_python:
            python = self.local_python()
            interpreter = ask_interpreter(python) or this_interpreter()
            options: tuple[str, ...] = ()
            place = "the local cloud's Python " + interpreter.version
        else:
            runtime = runtime_of(folder)
            version = runtime.removeprefix("python")
            interpreter = self._nearest(version)
            platforms = [("--platform", name) for name in _platforms(version)]
            options = ("--python-version", version, *(word for pair in platforms for word in pair))
            place = f"Lambda's {runtime} on Linux x86-64"

        recipe = Recipe(
            f"{OF_FUNCTIONS}{folder.name}",
            interpreter,
            ((*where, *options, "--requirement", REQUIREMENTS),),
            b"zipped " + " ".join(options).encode() + content,
            directory=folder,
            finish=lambda environment: _zip(environment, pack),
        )
        return recipe, place

    def _nearest(self, version: str) -> Interpreter:
        """Give the Python that runs pip: of the runtime's version where there is one.

        pip judges conditions such as ``python_version < "3.12"`` by the Python that it runs on.
        """
        try:
            return find_interpreter(version, self.environ)
        except EnvironmentNotReadyError:
            return this_interpreter()


def _zip(environment: Path, pack: Callable[[Path], bytes]) -> None:
    """Zip what is installed in an environment, and keep the zip alone."""
    installed = environment / "installed"
    write_atomically(environment / _ARCHIVE, pack(installed))
    shutil.rmtree(installed, ignore_errors=True)


def check_requirements(folder: Path) -> Iterator[Mistake]:
    """Tell what is wrong with a function's requirements.txt: what would be built here, and unsafe indexes."""
    for path in _files_of(folder / REQUIREMENTS, folder):
        if path.suffix == ".whl":
            continue
        yield from index_mistakes(path)
        yield from requirement_mistakes(path)
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            requirement = re.split(r"\s#|^#|#\w+=|;|\s--hash", line, maxsplit=1)[0].strip()
            if _OTHER_FILES.match(requirement):
                for name, file in _named(line, path, folder):
                    if not file.is_file():
                        yield Mistake(path, number, f"there is no file {name}")
            elif _BUILT.search(requirement) and not requirement.startswith(("--find", "--index", "--extra")):
                text = "it would be built on this machine, and Lambda's may be another: name a wheel"
                yield Mistake(path, number, text)


def _named(line: str, path: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Give the local files that a line names, with the text that names them.

    As pip does it: files of requirements from the folder of the file that names them, wheels from where pip
    runs, the function's folder.
    """
    for requirements, wheel in _OTHER_FILES.findall(line):
        name, start = (requirements, path.parent) if requirements else (wheel.removeprefix("file:"), folder)
        if "://" not in name:
            yield name, start / name


def _files_of(path: Path, folder: Path, seen: frozenset[Path] = frozenset()) -> list[Path]:
    """List a function's file of requirements, and what it names: files of requirements and wheels."""
    if path in seen or not path.is_file():
        return []
    found = [path]
    if path.suffix != ".whl":
        for line in path.read_text("utf-8", errors="replace").splitlines():
            for _, file in _named(line, path, folder):
                found += _files_of(file, folder, seen | {path})
    return found


def files_to_pack(folder: Path) -> dict[str, bytes]:
    """Read what is installed in a folder, without what pip writes for itself."""
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in paths.items()
        if path.parent.name != "__pycache__" and not _NOT_PACKED.fullmatch(name)
    }


def _platforms(version: str) -> list[str]:
    """Name the kinds of wheels that run on Lambda, newest first.

    Source: AWS Lambda developer guide, "Lambda runtimes": Amazon Linux 2023 (glibc 2.34) from Python 3.12
    on, Amazon Linux 2 (glibc 2.26) before. The names: PEP 600.
    """
    newest = 34 if int(version.split(".")[1]) >= 12 else 26
    return [*(f"manylinux_2_{minor}_x86_64" for minor in range(newest, 16, -1)), "manylinux2014_x86_64"]
