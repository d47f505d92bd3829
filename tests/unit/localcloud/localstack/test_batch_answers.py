import pytest

from localcloud.localstack.batch_answers import is_readable


@pytest.mark.parametrize(
    ("answer", "readable"),
    [
        (None, True),
        ("", True),
        ("null", True),
        ("{}", True),
        ({"batchItemFailures": None}, True),
        ('{"batchItemFailures": []}', True),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, True),
        ("no JSON", False),
        ('"text"', False),
        ([], False),
        ({"batchItemFailures": {}}, False),
        ({"batchItemFailures": 5}, False),
        ({"batchItemFailures": "a"}, False),
        ({"batchItemFailures": ["a"]}, False),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, False),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, False),
        ({"batchItemFailures": [{"itemIdentifier": 5}]}, False),
        ({"batchItemFailures": [{"id": "a"}]}, False),
    ],
)
def test_an_answer_of_another_shape_cannot_be_read(answer: object, readable: bool) -> None:
    assert bool(is_readable(answer)) is readable
