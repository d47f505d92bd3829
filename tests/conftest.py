"""Which tests run one after the other where several run at once: those that share what takes long to make."""

import pytest

_SHARED = ("deployed", "cloud", "branching", "echo")  # fixtures of tests/integration that last a session


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the users of a shared deployment, and the tests of a file that need more than Python, together."""
    for item in items:
        if not any(item.get_closest_marker(name) for name in ("integration", "terraform", "browser")):
            continue
        used = getattr(item, "fixturenames", ())
        shared = next((name for name in _SHARED if name in used), None)
        group = "deployed" if shared == "deployed" else "cloud" if shared else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
