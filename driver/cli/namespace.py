"""What a project's `tasks.py` gives to `invoke`.

Exit codes of the tasks: 0 done, 1 the work failed, 2 wrong use, 3 the environment is not ready, 130
interrupted (143 by SIGTERM, 129 by SIGHUP).
"""

from pathlib import Path

from invoke.collection import Collection

from driver.cli.command import PROJECT_KEY
from driver.cli.deployment_tasks import DEPLOYING
from driver.cli.parsing import word_errors
from driver.cli.project_tasks import OF_PROJECTS
from driver.cli.snapshot_task import snapshot
from driver.cli.tasks import LOOKING, OF_WORKFLOWS, SHORT_WAYS
from driver.settings.project import Project


def tasks_of(file: str) -> Collection:
    """Collect all tasks for the project whose `tasks.py` calls this.

    `file`: that file, `__file__`; its folder is the project. Tasks of one's own can be added to the result.
    """
    project = Project(Path(file).parent.resolve())
    short = [task for name, task in SHORT_WAYS.items() if (project.resources / "workflows" / name).is_dir()]
    namespace = Collection(*DEPLOYING, snapshot, *LOOKING, *OF_WORKFLOWS, *short, *OF_PROJECTS)
    word_errors()
    namespace.configure({PROJECT_KEY: str(project.folder)})
    return namespace
