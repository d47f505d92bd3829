"""What a fan-out needs at sizes that no laptop has: AWS's quotas, a simulation of a Map Run, the bill.

`python -m benchmarks.at_scale` prints the tables of docs/scale.md. Pure: nothing is asked or started.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache


@dataclass(frozen=True, slots=True)
class Bucket:
    """A throttle of Step Functions: so many requests at once, and so many more each second."""

    size: int
    refill: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """Default quotas of one account in one Region.

    https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, read in November 2026.
    """

    transitions: Bucket  # StateTransition, of Standard workflows
    starts: Bucket  # StartExecution
    answers: Bucket  # SendTaskSuccess
    dispatch: int = 100  # Standard children of one Map Run that Step Functions starts a second
    children: int = 10_000  # of one Map Run at once
    items: int = 100_000_000  # that one Map Run reads
    open_executions: int = 1_000_000
    history: int = 25_000  # events of one execution
    redrives: int = 1_000  # of one Map Run
    instances: int = 20  # for processing jobs: differs from account to account; new ones begin with none


LARGE = Quotas(
    Bucket(5_000, 5_000), Bucket(1_300, 300), Bucket(3_000, 500)
)  # us-east-1, us-west-2, eu-west-1
OTHER = Quotas(Bucket(800, 800), Bucket(800, 150), Bucket(1_500, 300))  # all other Regions


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars in us-east-1, on demand, read in November 2026.

    https://aws.amazon.com/step-functions/pricing/, https://aws.amazon.com/sagemaker/ai/pricing/,
    https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/lambda/pricing/
    """

    transition: float = 25e-6
    instance_hour: float = 0.115  # ml.m5.large, processing
    put: float = 5e-6
    get: float = 0.4e-6
    function: float = 0.2e-6 + 1.67e-5 * 0.25 * 0.2  # a call, with 0.2 s of 256 MB


# What an item costs by our definitions, terraform/fan_out.tf and terraform/definitions/run_pipeline.asl.json:
# the child of the Map Run is started and enters one state, its execution enters two.
TRANSITIONS = 4
# In a batch an item needs one less: the batch's child enters the Map, and a Choice and a Succeed after it.
BATCH_TRANSITIONS, ITEM_TRANSITIONS = 4, 3
STARTS = 1  # StartExecution by the child; the children themselves are started by the Map Run
ANSWERS = 1  # SendTaskSuccess
FUNCTIONS = 2  # one starts the pipeline, one answers
OPEN = 2  # executions that are open for an item that runs: the child, and what it has started
PUTS, GETS = 3, 4  # the result, its item in ResultWriter's files (shared by many), logs; input and program


@dataclass(frozen=True, slots=True)
class Run:
    """How a simulated fan-out went.

    `seconds` until the last item ended; `open` the most executions at once; `refused` the most children at
    once whose StartExecution is throttled; `patience` the longest time in which there were such, in seconds:
    no child is refused for longer.
    """

    seconds: int
    open: int
    refused: int
    patience: int


@dataclass(frozen=True, slots=True)
class Load:
    """Map Runs to simulate.

    `duration`: seconds that an item takes once it is started. `concurrency`: MaxConcurrency; 0 is as many as
    there may be. `side_by_side`: so many Map Runs of this kind share the account's quotas. `batch_size`: so
    many items share a child, one after the other.
    """

    items: int
    duration: int
    concurrency: int = 0
    side_by_side: int = 1
    batch_size: int = 1


@cache
def simulate(load: Load, quotas: Quotas) -> Run:
    """Run Map Runs second by second."""
    side_by_side, batch_size = load.side_by_side, load.batch_size
    of_child, of_item = (TRANSITIONS, 0) if batch_size == 1 else (BATCH_TRANSITIONS, ITEM_TRANSITIONS)
    most = min(load.concurrency or quotas.children, quotas.children)
    waiting, open_ = [math.ceil(load.items / batch_size)] * side_by_side, [0] * side_by_side
    running: deque[tuple[int, int, int, int]] = deque()  # end, Map Run, children, items left of each
    queue: deque[tuple[int, int, int]] = deque()  # Map Run, children that could not start an execution yet, …
    starts, transitions = quotas.starts.size, quotas.transitions.size
    second = busiest = most_refused = refused_for = patience = 0
    while any(waiting) or any(open_):
        while running and running[0][0] <= second:
            _, run, count, left = running.popleft()
            if left:
                queue.append((run, count, left - 1))
            else:
                open_[run] -= count
        for run in range(side_by_side):
            begun = min(waiting[run], quotas.dispatch, most - open_[run], transitions // of_child)
            transitions -= begun * of_child
            waiting[run] -= begun
            open_[run] += begun
            if begun:
                queue.append((run, begun, batch_size - 1))
        while queue and (free := min(starts, transitions // of_item if of_item else starts)):
            run, count, left = queue.popleft()
            let = min(count, free)
            starts -= let
            transitions -= let * of_item
            running.append((second + load.duration, run, let, left))
            if count > let:
                queue.appendleft((run, count - let, left))
        refused = sum(count for _, count, _ in queue)
        refused_for = refused_for + 1 if refused else 0
        most_refused, patience = max(most_refused, refused), max(patience, refused_for)
        busiest = max(busiest, sum(open_) * OPEN)
        second += 1
        starts = min(quotas.starts.size, starts + quotas.starts.refill)
        transitions = min(quotas.transitions.size, transitions + quotas.transitions.refill)
    return Run(second, busiest, most_refused, patience)


# Measured on one core of a laptop's processor in November 2026: processor time of the geocoding job's program
# for 0.1 and 1 million rows. How long SageMaker needs to start a job was not measured: it is assumed.
ROWS_A_SECOND = 128_000
BYTES_A_ROW = 21
START_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Plan:
    """How many rows are geocoded with so many rows in an item, each by a job of one instance."""

    rows: int
    rows_an_item: int
    quotas: Quotas = LARGE
    prices: Prices = Prices()

    @property
    def items(self) -> int:
        """Number of items, which are objects, executions and jobs."""
        return math.ceil(self.rows / self.rows_an_item)

    @property
    def duration(self) -> int:
        """Seconds that an item takes."""
        return START_SECONDS + math.ceil(min(self.rows, self.rows_an_item) / ROWS_A_SECOND)

    @property
    def run(self) -> Run:
        """The fan-out with a MaxConcurrency that the instances allow."""
        return simulate(Load(self.items, self.duration, self.quotas.instances), self.quotas)

    @property
    def engine(self) -> float:
        """What Step Functions, Lambda and requests to S3 cost, in US dollars."""
        price = self.prices
        return self.items * (
            TRANSITIONS * price.transition + FUNCTIONS * price.function + PUTS * price.put + GETS * price.get
        )

    @property
    def instances(self) -> float:
        """What the instances cost, in US dollars."""
        return self.items * self.duration / 3600 * self.prices.instance_hour


PLANS = tuple(
    Plan(rows, size, replace(LARGE, instances=instances))
    for rows, sizes, instances in (
        (10**6, (10**5, 10**6), 20),
        (10**9, (10**6, 10**7), 20),
        (10**11, (10**7, 10**8), 200),
    )
    for size in sizes
)


def plans() -> Iterator[str]:
    """Write the table of what a run needs."""
    yield from _head("rows, rows an item, items, instances at once, hours, engine and requests, instances")
    for plan in PLANS:
        yield (
            (
                f"| {plan.rows:.0e} | {plan.rows_an_item:.0e} | {plan.items:,} | {plan.quotas.instances} "
                f"| {plan.run.seconds / 3600:.1f} | ${plan.engine:,.2f} | ${plan.instances:,.2f} |"
            )
            .replace("e+0", "e")
            .replace("e+", "e")
        )


def _head(names: str) -> Iterator[str]:
    columns = names.split(", ")
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)


LOADS = (
    Load(1_000_000, 1),
    Load(1_000_000, 1, 150, batch_size=100),
    Load(1_000_000, 60),
    Load(1_000_000, 60, 9_000, batch_size=20),
    Load(1_000_000, 60, batch_size=20),
    Load(1_000_000, 600),
    Load(1_000_000, 600, batch_size=20),
    Load(100_000, 60, 1_000),
    Load(100_000, 60, side_by_side=3),
    Load(100_000, 60, side_by_side=10),
)


def simulations() -> Iterator[str]:
    """Write the table of simulated fan-outs, in large Regions and in all others."""
    yield from _head(
        "items, seconds an item, MaxConcurrency, fan-outs at once, items a batch, Regions, hours, "
        "executions open, starts refused at once, for seconds"
    )
    for load in LOADS:
        for name, quotas in (("large", LARGE), ("other", OTHER)):
            run = simulate(load, quotas)
            yield (
                f"| {load.items:,} | {load.duration} | {load.concurrency or 10_000:,} | {load.side_by_side} "
                f"| {load.batch_size} | {name} "
                f"| {run.seconds / 3600:.2f} | {run.open:,} | {run.refused:,} | {run.patience:,} |"
            )


if __name__ == "__main__":
    print(*plans(), "", *simulations(), sep="\n")
