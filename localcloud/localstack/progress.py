"""How far an execution, a branch or an iteration has come, so that a redrive can go on from there.

Sources: Step Functions developer guide, "Restarting state machine executions with redrive" (which states run
again, and which results are kept) and "Redriving Map Runs".
"""

from dataclasses import dataclass
from typing import Any

RUN_ANEW = frozenset({"States.DataLimitExceeded"})
"""After these errors a Parallel or a Map runs again as a whole, with what had succeeded."""


@dataclass(eq=False, slots=True)
class Progress:
    """Where one scope stands: an execution, a branch of a Parallel, an iteration of a Map.

    - `state`, `given`: the state it entered last, and that state's input as JSON; None before the first.
    - `variables`: the store of its variables.
    - `parts`: the branches or iterations of that state, by index; None where it has none.
    - `map_run`: the ARN of the Map Run of that state.
    - `is_done`, `output`: whether the scope has succeeded, and with what.
    - `is_continued`: whether it goes on in `state`, which it does not enter again.
    - `keeps`: whether `parts` and `map_run` are those of an earlier attempt, which this one goes on with.
    """

    state: str | None = None
    given: str | None = None
    variables: Any = None
    parts: "list[Progress] | None" = None
    map_run: str | None = None
    is_done: bool = False
    output: Any = None
    is_continued: bool = False
    keeps: bool = False

    def enter(self, state: str, given: str, variables: object) -> None:
        """Enter a state; one that goes on keeps what its branches or iterations have done."""
        if self.is_continued and state == self.state:
            self.is_continued = False
            return
        self.state, self.given, self.variables = state, given, variables
        self.parts = self.map_run = None
        self.is_continued = self.keeps = False

    def divide(self, number: int) -> "list[Progress]":
        """Give the branches or iterations of the state: new ones, except for the first try of a redrive."""
        if self.parts is None or len(self.parts) != number or not self.keeps:
            self.parts = [Progress() for _ in range(number)]
        self.keeps = False
        return self.parts

    def finish(self, output: object) -> None:
        """Succeed."""
        self.is_done, self.output = True, output
        self.parts = self.map_run = self.variables = None

    def again(self, error: str | None = None) -> "Progress":
        """Give what a redrive goes on with; threads of the last attempt that still run share nothing with it.

        `error`: what the execution failed with.
        """
        if self.is_done:
            return Progress(is_done=True, output=self.output)
        parts, map_run = (None, None) if error in RUN_ANEW else (self.parts, self.map_run)
        return Progress(
            state=self.state,
            given=self.given,
            variables=self.variables,
            parts=None if parts is None else [one.again() for one in parts],
            map_run=map_run,
            is_continued=self.state is not None,
            keeps=parts is not None or map_run is not None,
        )
