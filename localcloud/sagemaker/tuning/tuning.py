"""The thin edge of a tuning job: it launches training jobs, hears what they print, and stops them.

A tuning job holds one thread of its own; its training jobs run on the threads of all jobs. The thread sleeps
until a training job prints a value of the objective or ends, or somebody stops the tuning job.
"""

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from localcloud.errors import ServiceError
from localcloud.sagemaker.jobs.context import JobContext
from localcloud.sagemaker.jobs.job import Job
from localcloud.sagemaker.jobs.lifecycle import Ended, Stage, StopAsked
from localcloud.sagemaker.tuning.plan import Plan
from localcloud.sagemaker.tuning.progress import Finish, Launch, StopTrainings, Wait, next_step
from localcloud.sagemaker.tuning.ranges import Values
from localcloud.sagemaker.tuning.search import choose
from localcloud.sagemaker.tuning.stopping import first_stop
from localcloud.sagemaker.tuning.trials import Observation, Trial

_LOOK = 1.0  # seconds between two looks at the time, where it is limited

Report = Callable[[float], None]
Launcher = Callable[[int, str, Values, Report], Job]
"""Creates a training job: of which definition, its name, its hyperparameters, who hears its objective."""


@dataclass(eq=False, slots=True)
class Launched:
    """A training job that was launched.

    `reports`: the values of the objective so far. `seen`: how many of them the stopping rule has judged.
    """

    number: int
    definition: int
    values: Values
    job: Job
    reports: list[float]
    seen: int = 0

    def trial(self) -> Trial:
        """Give how it stands now."""
        state = self.job.state  # before the reports: those of a job that is over are complete
        return Trial(
            self.number,
            self.definition,
            self.values,
            state.status,
            tuple(self.reports),
            state.ended,
            state.failure_reason,
        )


class Tuning:
    """A tuning job's training jobs; safe to use from any thread.

    - `plan`: what it does.
    - `name`: its name, with which those of its training jobs begin.
    - `parents`: whose training jobs count for OverallBestTrainingJob.
    """

    def __init__(self, plan: Plan, name: str, parents: "tuple[Tuning, ...]" = ()) -> None:
        self.plan, self.parents = plan, parents
        self._name = name
        self._seed = secrets.randbits(32) if plan.seed is None else plan.seed
        self._news = threading.Condition()  # guards everything below
        self._launched: list[Launched] = []
        self._changes = 0
        self._failure: str | None = None

    def launched(self) -> list[tuple[Trial, Job]]:
        """Give the training jobs so far, as they stand now."""
        with self._news:
            return [(item.trial(), item.job) for item in self._launched]

    def trials(self) -> list[Trial]:
        """Give how the training jobs stand now."""
        return [trial for trial, _ in self.launched()]

    def terminate(self) -> None:
        """Look at once whether the tuning job is still wanted."""
        self._wake()

    def kill(self) -> None:
        """Look at once whether the tuning job is still wanted."""
        self._wake()

    def run(self, context: JobContext, launch: Launcher) -> Ended:
        """Launch training jobs until the tuning job is complete, has failed, or is stopped."""
        context.begin(Stage.TRAINING)
        context.job.attach(self)
        begun = context.clock()
        while True:
            with self._news:
                changes = self._changes
            self._stop_early()
            seconds = (context.clock() - begun).total_seconds()
            is_wanted = context.is_wanted() and self._failure is None
            trials, plan = self.trials(), self.plan
            match next_step(plan.limits, plan.objective, trials, seconds, is_wanted=is_wanted):
                case Finish(reason):
                    return Ended(self._failure or reason)
                case Launch(count):
                    for _ in range(count):
                        self._launch(launch)
                case StopTrainings():
                    self._stop_all()
                case Wait():
                    self._sleep(changes, None if plan.limits.seconds is None else _LOOK)

    def _launch(self, launch: Launcher) -> None:
        if self._failure is not None:
            return
        number, place = len(self._launched) + 1, self._turn()
        values, reports = self._choose(number, place), list[float]()
        name = f"{self._name}-{number:03d}-{secrets.token_hex(4)}"

        def report(value: float) -> None:
            with self._news:
                reports.append(value)
            self._wake()

        try:
            job = launch(place, name, values, report)
        except ServiceError as error:
            self._failure = f"ClientError: {error.message}"
            return
        with self._news:
            self._launched.append(Launched(number, place, values, job, reports))
        job.when_over(self._wake)

    def _turn(self) -> int:
        """Give the place of the definition that is next: the fewest training jobs so far, and values left."""
        counted = Counter(item.definition for item in self._launched)
        sizes = [item.space.size for item in self.plan.definitions]
        return min((counted[place], place) for place, size in enumerate(sizes) if counted[place] < size)[1]

    def _choose(self, number: int, place: int) -> Values:
        plan = self.plan
        known = plan.known[place] if plan.known else ()
        objective = plan.definitions[place].objective
        own = [
            Observation(trial.values, None if trial.objective is None else objective.score(trial.objective))
            for trial in self.trials()
            if trial.definition == place
        ]
        return choose(plan.strategy, plan.definitions[place].space, [*known, *own], (self._seed, number))

    def _stop_early(self) -> None:
        with self._news:
            launched = [(item, item.trial()) for item in self._launched]
        every = [trial for _, trial in launched]
        for item, trial in launched:
            if first_stop(self.plan.rule, trial, item.seen, every, self.plan.objective):
                item.job.handle(StopAsked())
            item.seen = len(trial.reports)

    def _stop_all(self) -> None:
        for _, job in self.launched():
            job.handle(StopAsked())

    def _wake(self) -> None:
        with self._news:
            self._changes += 1
            self._news.notify_all()

    def _sleep(self, changes: int, timeout: float | None) -> None:
        with self._news:
            self._news.wait_for(lambda: self._changes != changes, timeout)
