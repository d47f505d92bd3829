"""CacheConfig: durations that are read, and what two runs must share."""

from datetime import timedelta
from functools import partial

import pytest

from localcloud.sagemaker.pipelines.caching import cache_key, parse_cache_config
from localcloud.sagemaker.pipelines.reading import DefinitionError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", timedelta(days=30)),
        ("P30D", timedelta(days=30)),
        ("5y", timedelta(days=5 * 365)),
        ("T16m", timedelta(minutes=16)),
        ("PT1H", timedelta(hours=1)),
        ("30dT5h", timedelta(days=30, hours=5)),
        ("P2W", timedelta(weeks=2)),
        ("P1M", timedelta(days=30)),
        ("PT1M", timedelta(minutes=1)),
    ],
)
def test_durations_are_read_as_the_developer_guide_writes_them(text: str, expected: timedelta) -> None:
    assert parse_cache_config({"Enabled": True, "ExpireAfter": text}, "Step 's'") == expected


@pytest.mark.parametrize("document", [{}, {"Enabled": False}, {"Enabled": False, "ExpireAfter": "30d"}])
def test_caching_is_off_unless_it_is_turned_on(document: object) -> None:
    assert parse_cache_config(document, "Step 's'") is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"Enabled": True}, "caching needs a timeout, ExpireAfter"),
        ({"Enabled": "yes"}, "Enabled must be a Boolean"),
        ({"Enabled": True, "ExpireAfter": ""}, "is not a duration"),
        ({"Enabled": True, "ExpireAfter": "P"}, "is not a duration"),
        ({"Enabled": True, "ExpireAfter": "tomorrow"}, "'tomorrow' is not a duration such as P30D or PT1H"),
        ({"Enabled": True, "ExpireAfter": 30}, "'30' is not a duration"),
        ({"Enabled": False, "ExpireAfter": "x"}, "is not a duration"),
        ({"Enabled": True, "ExpireAfter": "9" * 30 + "d"}, "is not a duration"),
        ({"Colour": "red"}, "unknown property 'Colour'"),
        ([], "Expecting start of Json Object"),
    ],
)
def test_a_wrong_configuration_is_refused(document: object, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        parse_cache_config(document, "Step 's'")


def test_the_key_is_made_of_the_members_that_matter_whatever_their_order() -> None:
    key = partial(cache_key, timedelta(hours=1))
    first = key({"a": {"x": 1, "y": 2}, "b": 1}, {"a", "c"})
    assert first == key({"b": 2, "a": {"y": 2, "x": 1}}, {"a", "c"})
    assert first != key({"a": {"x": 1, "y": 3}}, {"a", "c"})
    assert first != key({"a": {"x": 1, "y": 2}, "c": 0}, {"a", "c"})


def test_without_caching_there_is_no_key() -> None:
    assert cache_key(None, {"a": 1}, {"a"}) is None
