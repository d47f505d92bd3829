import pytest

from driver.commands.scenario import wording
from driver.model.choices import TargetName


@pytest.mark.parametrize("width", [40, 80])
def test_banners_and_lists_are_no_wider_than_asked(width: int) -> None:
    texts = [wording.banner(wording.WELCOME[0], width), wording.listed(wording.RESOURCES, width)]
    assert all(len(line) <= width for text in texts for line in text.splitlines())


def test_every_thing_of_a_list_begins_a_line() -> None:
    lines = wording.listed(wording.RESOURCES, 40).splitlines()
    assert sum(line.startswith("  - ") for line in lines) == len(wording.RESOURCES)


def test_every_target_is_told_of() -> None:
    assert set(wording.PLACES) == set(TargetName)
