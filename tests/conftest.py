"""In which order tests run, and which one after the other, where several run at once.

Those that share what takes long to make run in one process. What takes longest begins first: else it runs
alone at the end.
"""

import os
import signal
from collections.abc import Collection

import pytest
from hypothesis import HealthCheck, settings

_SHARED = ("deployed", "cloud", "branching", "echo")  # fixtures of tests/integration that last a session
# A worker is given the next group while it runs one of a test or two: the third after test_scenario.
_LONGEST = (
    "deployed",
    "test_scenario",
    "cloud",
    "test_own_work",
    "test_interruptions",
    "test_sdks",
    "test_configuration",
    "test_requests",
    "test_gate_settings",
    "test_watch",
    "test_function_processes",
)


FROM_SNAPSHOT = "--deployed-from-snapshot"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a session skip `invoke up`; `make test` never does, since it tests that, too."""
    parser.addoption(
        FROM_SNAPSHOT,
        action="store_true",
        help="start the stack that most integration tests share from what an earlier session has deployed, "
        "if nothing that Terraform would see has changed",
    )


def pytest_configure() -> None:
    """Have the signals that end a command again where the shell ignores them, as for a background job.

    What tests start then begins with the default: a program keeps what is ignored, but not who handles what.
    Terraform and its provider, programs in Go, take a fifth less time where Go collects garbage later.
    Hypothesis judges no times: a busy machine is no failure.
    """
    os.environ.setdefault("GOGC", "400")
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the users of a shared deployment, and the tests of a file that need more than Python, together."""
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        if group:
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: ((*_LONGEST, groups[item]).index(groups[item]), _ends(item)))


def _group(item: pytest.Item) -> str:
    """Name the group of a test; empty for one that runs anywhere."""
    if not any(item.get_closest_marker(name) for name in ("integration", "terraform", "browser")):
        return ""
    used, own = _fixtures(item), vars(getattr(item, "module", item))
    shared = next((name for name in _SHARED if name in used and name not in own), "")
    if shared:
        return "deployed" if shared == "deployed" else "cloud"
    return item.path.stem


def _ends(item: pytest.Item) -> bool:
    """Tell whether a test ends what others share, and must be the last of them."""
    return "ending" in _fixtures(item)


def _fixtures(item: pytest.Item) -> Collection[str]:
    return getattr(item, "fixturenames", ())
