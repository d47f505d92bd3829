"""The tasks of `invoke`."""

from driver.cli.namespace import tasks_of

namespace = tasks_of(__file__)
