"""A geocoding job of a million rows against the bare library it stands on."""

import json
import random
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from benchmarks.memory import PeakMemory
from benchmarks.table import Goal, Row, repeated
from tests.integration.stack import CLOUD_PYTHON, Stack

ROWS = 1_000_000
REPEATED = 3
_BARE = Path(__file__).with_name("bare_library.py")


def measure(stack: Stack, folder: Path) -> Iterator[Row]:
    """Geocode a million rows through the service, and the same file with the library alone."""
    path = folder / "million.csv"
    write_coordinates(path, ROWS)
    bucket = stack.output("bucket_name")
    stack.s3.upload_file(str(path), bucket, "samplefiles/million.csv")
    with PeakMemory(str(stack.state / "cloud"), "localcloud.geospatial.worker") as memory:
        jobs = repeated(REPEATED, lambda: _seconds_of_job(stack, f"s3://{bucket}/samplefiles/million.csv"))
    bare = [_bare(path, folder / "bare.csv") for _ in range(REPEATED)]
    speed = [ROWS / seconds for seconds in jobs]
    half = Goal(0.5, is_lower=True)
    whole = [ROWS / figures["whole"] for figures in bare]
    search = [ROWS / figures["search"] for figures in bare]
    yield Row("geocoding job, S3 to results (rows/s)", speed, ("library, file to file", whole), half)
    yield Row("the same (rows/s)", speed, ("library, its search alone", search), half)
    peaks = [figures["peak"] for figures in bare]
    yield Row("its peak memory (MB)", [memory.megabytes], ("library, file to file", peaks), goal=Goal(600))


def write_coordinates(path: Path, rows: int) -> None:
    """Write a table of random places, the same each time."""
    chance = random.Random(1)  # noqa: S311 -- the same rows each time
    with path.open("w", encoding="ascii") as file:
        file.write("Longitude,Latitude\n")
        for _ in range(rows):
            file.write(f"{chance.uniform(-180, 180):.6f},{chance.uniform(-60, 70):.6f}\n")


def _seconds_of_job(stack: Stack, source: str) -> float:
    client = stack.geospatial
    started = time.perf_counter()
    arn = client.start_vector_enrichment_job(
        Name="benchmark",
        ClientToken=str(uuid.uuid4()),
        ExecutionRoleArn=stack.one_of("pipelines", "geospatial")["jobs_role_arn"],
        InputConfig={"DataSourceConfig": {"S3Data": {"S3Uri": source}}, "DocumentType": "CSV"},
        JobConfig={"ReverseGeocodingConfig": {"XAttributeName": "Longitude", "YAttributeName": "Latitude"}},
    )["Arn"]
    while (job := client.get_vector_enrichment_job(Arn=arn))["Status"] in {"INITIALIZING", "IN_PROGRESS"}:
        time.sleep(0.02)
    assert job["Status"] == "COMPLETED", job
    return time.perf_counter() - started


def _bare(path: Path, output: Path) -> dict[str, float]:
    """Run the library alone in the local cloud's environment; gives seconds and MB."""
    result = subprocess.run(
        [str(CLOUD_PYTHON), str(_BARE), str(path), str(output)], stdout=subprocess.PIPE, check=True, text=True
    )
    figures: dict[str, float] = json.loads(result.stdout)
    return figures
