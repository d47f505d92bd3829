"""The two folders that every command works with: the user's project, and the installation of sagestep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from driver.model.exceptions import WrongUseError

_MARKS = ("sagestep.toml", "tasks.py")
_PACKAGE = Path(__file__).resolve().parents[1]


_CARRIED = _PACKAGE / "installation"  # package data; setup.py puts it there
INSTALLATION = _CARRIED if _CARRIED.is_dir() else _PACKAGE.parent


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a `tasks.py`, whose pipelines, workflows, functions and images are deployed.

    `installation` holds what every project uses: `terraform`, `lambda_src`, `localcloud`, `resources`. In a
    checkout it is the repository, which is a project, too.
    """

    folder: Path
    installation: Path = INSTALLATION

    @classmethod
    def find(cls, start: Path) -> Project:
        """Find the project that a folder is or lies in; without one, the checkout's.

        Raises `WrongUseError` if there is none.
        """
        for folder in (start, *start.parents):
            if cls(folder).exists:
                return cls(folder)
        return cls(INSTALLATION).checked()

    @property
    def exists(self) -> bool:
        """Whether the folder is a project."""
        return any((self.folder / name).is_file() for name in _MARKS)

    def checked(self) -> Project:
        """Return the same project. Raises `WrongUseError` if the folder is none."""
        if self.exists:
            return self
        raise WrongUseError(
            "There is no project here.",
            f"Neither this folder nor one above it has a file {_MARKS[0]} or {_MARKS[1]}.",
            "Go to the folder of a project, or make one: `sagestep new --project FOLDER`.",
        )

    @property
    def is_installation(self) -> bool:
        """Whether it is the repository itself."""
        return self.folder == self.installation

    @property
    def is_checkout(self) -> bool:
        """Whether the installation is the repository, and no package."""
        return self.installation != _CARRIED

    @property
    def resources(self) -> Path:
        """Its definitions, manifests, schemas and sample data."""
        return self.folder / "resources"

    @property
    def functions(self) -> Path:
        """The sources of its functions."""
        return self.folder / "lambda_src"

    @property
    def own_terraform(self) -> Path | None:
        """Its own Terraform configuration, which is deployed beside ours; None if it has none."""
        folder = self.folder / "terraform"
        return None if self.is_installation or not any(folder.glob("*.tf")) else folder

    @property
    def terraform(self) -> Path:
        """The Terraform root of the installation."""
        return self.installation / "terraform"
