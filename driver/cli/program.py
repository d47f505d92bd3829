"""The program `sagestep`: the tasks of `invoke` for the project that the current folder is or lies in.

It needs no `tasks.py`: with it one makes the first project.
"""

from importlib.metadata import version
from pathlib import Path

from invoke.program import Program

from driver.cli.namespace import tasks_of
from driver.settings.project import Project


def main() -> None:
    """Run a command line."""
    here = Path.cwd()
    folder = next((path for path in (here, *here.parents) if Project(path).exists), here)
    namespace = tasks_of(str(folder / "tasks.py"))
    Program(name="sagestep", binary="sagestep", version=version("sagestep"), namespace=namespace).run()
