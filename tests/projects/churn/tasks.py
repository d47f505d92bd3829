"""The tasks of a project outside of the repository."""

from driver.cli.namespace import tasks_of

namespace = tasks_of(__file__)
