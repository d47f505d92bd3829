"""Pipelines as Terraform's outputs tell of them, and orders to run one."""

from pathlib import Path

from driver.commands.run_pipeline import RunPipeline
from driver.executions.input_files import InputFile
from driver.executions.preparing import Asked
from driver.executions.starting import Order
from tests.unit.driver.fakes import World


def order(world: World, *, direct: bool = False, pipeline: str = "geospatial", **settings: str) -> Order:
    """Order an execution of a pipeline of the world's deployment."""
    return Order(pipeline, "" if direct else world.context().deployed.state_machine_arn(), settings)


def run_pipeline(
    world: World,
    path: Path | None,
    *,
    timeout: float = 60,
    rows: int = 5,
    direct: bool = False,
    pipeline: str = "geospatial",
    **settings: str,
) -> None:
    """Run a pipeline on a file, or on nothing."""
    files = [InputFile(str(path), path)] if path else []
    wanted = order(world, direct=direct, pipeline=pipeline, **settings)
    RunPipeline(world.context())(Asked(wanted, files), timeout, rows)
