"""The processing program."""

import json

from .conftest import WINE, Job


def _put_wine(job: Job) -> list[str]:
    text = WINE.read_text(encoding="utf-8")
    job.put("processing/input/wine.csv", text)
    return text.splitlines()


def test_every_row_goes_into_one_part_and_each_class_into_both(job: Job) -> None:
    header, *rows = _put_wine(job)
    done = job.process("--test-fraction", "0.25")
    assert done.returncode == 0, done.stderr

    training, test = (
        job.read(f"processing/output/{name}/{name}.csv").splitlines() for name in ("training", "test")
    )
    assert training[0] == test[0] == header
    # Numbers may be written in another way, but there are the same ones.
    assert sorted(map(_numbers, training[1:] + test[1:])) == sorted(map(_numbers, rows))
    assert {row[-1] for row in training[1:]} == {row[-1] for row in test[1:]} == {"0", "1", "2"}
    assert len(test) - 1 == 45
    assert job.read("output/message") == "133 rows to train on, 45 to test with"


def _numbers(row: str) -> tuple[float, ...]:
    return tuple(map(float, row.split(",")))


def test_features_are_the_test_without_header_and_target(job: Job) -> None:
    _put_wine(job)
    job.process()
    test = job.read("processing/output/test/test.csv").splitlines()[1:]
    features = job.read("processing/output/features/features.csv").splitlines()
    assert features == [row.rpartition(",")[0] for row in test]


def test_same_state_makes_same_parts(job: Job) -> None:
    _put_wine(job)
    parts = []
    for state in ("1", "1", "2"):
        job.process("--random-state", state)
        parts.append(job.read("processing/output/test/test.csv"))
    assert parts[0] == parts[1] != parts[2]


def test_statistics_describe_the_training_data(job: Job) -> None:
    _put_wine(job)
    job.process()
    statistics = json.loads(job.read("processing/output/statistics.json"))
    assert len(statistics) == 14
    assert all(column["min"] <= column["mean"] <= column["max"] for column in statistics.values())


def test_files_with_other_columns_are_refused_by_name(job: Job) -> None:
    job.put("processing/input/a.csv", "x,target\n1,0\n")
    job.put("processing/input/b.csv", "y,target\n1,0\n")
    assert job.process().returncode == 1
    assert job.read("output/message") == "TableError: b.csv has other columns than a.csv."


def test_what_is_no_number_is_found(job: Job) -> None:
    job.put("processing/input/a.csv", "x,target\n1,0\nlots,1\n")
    assert job.process().returncode == 1
    assert job.read("output/message").startswith("TableError: a.csv, line 3: could not convert")


def test_nothing_to_process_is_a_failure(job: Job) -> None:
    (job.ml / "processing" / "input").mkdir(parents=True)
    assert job.process().returncode == 1
    assert "There is no .csv file" in job.read("output/message")


def test_impossible_fraction_is_refused(job: Job) -> None:
    done = job.process("--test-fraction", "2")
    assert done.returncode == 2
    assert "must be between 0 and 1" in done.stderr
