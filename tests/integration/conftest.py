"""Stacks for the tests: made on request, destroyed at the end."""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.stack import Stack, free_port


@pytest.fixture(scope="session")
def new_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Stack]]:
    """Make stacks; each is destroyed at the end, however its test ended."""
    made: list[Stack] = []

    def make() -> Stack:
        stack = Stack(tmp_path_factory.mktemp("home"), free_port())
        made.append(stack)
        return stack

    yield make
    for stack in made:
        stack.invoke("down", "--yes", expect=None)


@pytest.fixture(scope="session")
def deployed(new_stack: Callable[[], Stack]) -> Stack:
    """The stack that most tests share: deployed once, by `invoke up`."""
    stack = new_stack()
    stack.invoke("up")
    return stack
