"""`invoke scenario`: a guided tour through `up`, `run-pipeline` and `down`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from driver.commands.context import Command
from driver.commands.down import Down
from driver.commands.questions import Ask
from driver.commands.run_pipeline import RunRequest, run_pipeline
from driver.commands.scenario import wording
from driver.commands.scenario.functions import Update, judge_update, present_functions
from driver.commands.up import Up
from driver.host.wording import WIDEST, counted, terminal_columns, wrapped
from driver.model.exceptions import (
    ConfirmationRequiredError,
    DeclinedError,
    InterruptedByUserError,
    NotDeployedError,
    WorkFailedError,
    WrongUseError,
)
from driver.model.values import Deployment


@dataclass(frozen=True)
class Scenario(Command):
    """Walks someone through a deployment, a run and the end of it all.

    `run` runs the pipeline on files, on the sample if there are none.
    """

    run: Callable[..., None] = run_pipeline

    def __call__(self, *, assume_yes: bool) -> None:
        """Show everything from the welcome to the clean-up.

        `assume_yes` answers every question with yes, those of the clean-up too.

        Raises
        ------
        ConfirmationRequiredError
            If nobody can answer.
        InterruptedByUserError
            If the user left; it says what exists.
        WorkFailedError
            If the pipeline failed; all else was done.
        """
        if not (assume_yes or self.console.asks):
            raise ConfirmationRequiredError(
                "The guided tour asks questions.",
                "There is no terminal to ask on.",
                "Add --yes to answer all of them with yes, the last one too: everything is destroyed again. "
                "Or take the steps one by one: `invoke up`, `invoke run-pipeline`, `invoke down`.",
            )
        self._tell(*wording.WELCOME, wording.PLACES[self.settings.target])
        with self._leaving("during the set-up"):
            self._tell(*wording.SETTING_UP)
            self.console.news(wording.listed(wording.RESOURCES, self._width))
            Up(self.context)(
                assume_yes=assume_yes,
                narrow=lambda deployment: self._choose_update(deployment, assume_yes=assume_yes),
            )
        with self._leaving("before the pipeline had run"):
            self._tell(*wording.RUNNING)
            failure = self._run(assume_yes=assume_yes)
            self._tell(*wording.LOOKING)
            self.console.news(wording.STUDIO)
        with self._leaving("before the clean-up"):
            self._tell(*(wording.CLEANING_UP_UNASKED if assume_yes else wording.CLEANING_UP))
            self._clean_up(assume_yes=assume_yes)
        self._tell(wording.THE_END)
        if failure:
            raise WorkFailedError("The pipeline did not succeed.", "See the error above.") from failure

    def _tell(self, title: str, *texts: str) -> None:
        self.console.news(wording.banner(title, self._width), "bold")
        for text in texts:
            self.console.news(wrapped(text, self._width))

    @property
    def _width(self) -> int:
        return min(terminal_columns(), WIDEST)

    def _choose_update(self, deployment: Deployment, *, assume_yes: bool) -> Sequence[str] | None:
        """Ask before functions that are there are changed; see `driver.commands.up.Narrow`."""
        resources = self.workspace.resources()
        if not present_functions(resources):
            return None
        with self.console.working("Comparing what is deployed with the source"):
            plan = self.context.terraform.plan(deployment, lambda _: None)
        update = judge_update(resources, plan)
        many = len(update.changed or update.present) > 1
        names = f"The Lambda function{'s' if many else ''} {', '.join(update.changed or update.present)}"
        if not update.changed:
            self.console.done(f"{names} already exist{'' if many else 's'}, as in the source")
            return [] if not plan and self._is_whole() else None
        question = (
            f"{names} already exist{'' if many else 's'}, do you want to update {'them' if many else 'it'}?"
        )
        if not update.can_be_declined:
            self.console.news("What is missing depends on functions: they are updated with it.")
        if assume_yes or self.console.agrees(wrapped(question, self._width)):
            return None
        if not update.can_be_declined:
            raise DeclinedError("Nothing was changed.", "The rest cannot be created without the update.")
        self._tell_what_is_held_back(update)
        return update.rest

    def _tell_what_is_held_back(self, update: Update) -> None:
        self.console.done("not updated: the deployed code and settings stay")
        if update.held_back:
            number = counted(len(update.held_back), "change")
            self.console.warn(
                f"{number} to what depends on them must wait too: {', '.join(update.held_back)}"
            )

    def _is_whole(self) -> bool:
        try:
            self.workspace.outputs()
        except NotDeployedError:
            return False
        return True

    def _run(self, *, assume_yes: bool) -> WorkFailedError | None:
        """Run the pipeline; if that fails, it is told, and what was made can still be cleaned up."""
        ask = None if assume_yes else self.console.asks
        while True:
            try:
                path = _answer("Your CSV file of coordinates [the sample]: ", ask) if ask else ""
                self.run(self.context, RunRequest([path] if path else []))
            except WrongUseError as error:
                if ask is None:
                    raise
                self.console.error(error)
            except WorkFailedError as error:
                self.console.error(error)
                return error
            else:
                return None

    def _clean_up(self, *, assume_yes: bool) -> None:
        try:
            Down(self.context)(assume_yes=assume_yes)
        except DeclinedError:
            flag = self.workspace.target_flag
            self.console.done("everything stays as it is")
            self.console.news(f"  `invoke down{flag}` destroys it later")

    @contextmanager
    def _leaving(self, when: str) -> Iterator[None]:
        """Say what there is, and how to go on, when the user leaves meanwhile."""
        try:
            yield
        except (KeyboardInterrupt, InterruptedByUserError) as left:
            told = left if isinstance(left, InterruptedByUserError) else InterruptedByUserError("")
            flag, number = self.workspace.target_flag, self._count()
            exist = "exists" if number == 1 else "exist"
            there = f"{counted(number, 'resource')} {exist} on target {self.settings.target}."
            there = there if number else "Nothing exists."
            ways = f"`invoke scenario{flag}` continues with what exists; `invoke down{flag}` destroys it."
            raise InterruptedByUserError(
                f"You left the tour {when}.",
                "\n".join(filter(None, (told.why, there))),
                "\n".join(filter(None, (told.next_step, ways if number else ""))),
            ) from left

    def _count(self) -> int:
        """Count what exists: nothing, if the local cloud was stopped."""
        deployment, target = self.workspace.deployment(), self.target
        if deployment is None or (target.is_disposable and not target.still_holds(deployment)):
            return 0
        return len(self.workspace.resources())


def _answer(question: str, ask: Ask) -> str:
    """Ask for a text; leaving with Ctrl-D is as good as Enter."""
    try:
        return ask(question).strip()
    except EOFError:
        return ""
