"""Several inputs at once, from a folder and from the bucket."""

import json
from pathlib import Path

import pytest

from tests.integration.stack import Stack

pytestmark = pytest.mark.integration
PLACES = {"alaska": "-149.9,61.2", "berlin": "13.4,52.5", "tasmania": "147.3,-42.9"}


def documents(folder: Path) -> list[Path]:
    """Write a file of coordinates for each place."""
    files = []
    for name, place in PLACES.items():
        file = folder / f"{name}.csv"
        file.write_text(f"Longitude,Latitude\n{place}\n{place}\n")
        files.append(file)
    return files


def results(stack: Stack) -> set[Path]:
    return {path for path in (stack.state / "runs").glob("*/*.csv") if path.is_file()}


def test_a_folder_runs_side_by_side_and_each_file_has_its_own_result(deployed: Stack, tmp_path: Path) -> None:
    documents(tmp_path)
    before = results(deployed)
    result = deployed.invoke("run-pipeline", "--input", str(tmp_path), "--parallel", "3")
    assert "3 of 3 succeeded: 6 rows" in result.output
    labels = {path.read_text().lower() for path in results(deployed) - before}
    assert len(labels) == len(PLACES)
    assert all(sum(name in label for label in labels) == 1 for name in PLACES)


def test_a_prefix_of_the_bucket_is_an_input_and_a_bad_file_stops_all(deployed: Stack, tmp_path: Path) -> None:
    bucket, prefix = deployed.output("bucket_name"), "samplefiles/several"
    for file in documents(tmp_path)[:2]:
        deployed.s3.upload_file(str(file), bucket, f"{prefix}/{file.name}")
    result = deployed.invoke("run-pipeline", "--input", f"s3://{bucket}/{prefix}/", "--direct")
    assert "2 of 2 succeeded: 4 rows" in result.output

    deployed.s3.put_object(Bucket=bucket, Key=f"{prefix}/bad.csv", Body=b"Longitude,Latitude\n500,1\n")
    started = len(json.loads(deployed.invoke("executions", "--json", "--limit", "50").output)["executions"])
    refused = deployed.invoke("run-pipeline", "--input", f"s3://{bucket}/{prefix}", "--direct", expect=2)
    assert "1 file of 3 cannot be used; nothing was uploaded" in refused.output
    assert "bad.csv" in refused.output
    listed = json.loads(deployed.invoke("executions", "--json", "--limit", "50").output)["executions"]
    assert len(listed) == started
