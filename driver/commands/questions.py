"""Asking, resource by resource, what goes and what stays: the questions of `invoke down`."""

from __future__ import annotations

from collections.abc import Callable, Collection

from driver.commands.inventory import Inventory
from driver.deployments.groups import Group, Split, split
from driver.host.console import Console
from driver.host.wording import terminal_columns, wrapped
from driver.model.exceptions import ConfirmationRequiredError, DeclinedError

Ask = Callable[[str], str]

_KEYS = "y: it goes; n: it stays; a: this and all that follow go; q: nothing is done"


def choose(inventory: Inventory, kept: Collection[str], console: Console, ask: Ask | None) -> list[str]:
    """Ask for each group whether it goes, first for what depends on others.

    What something kept depends on is kept as well: that is told at once and not asked any more. So a no to
    what comes first saves most of the questions, and `a` saves the rest. Nothing is done without the last
    question, which the caller puts.

    Parameters
    ----------
    inventory
        What there is.
    kept
        Names of those that are kept whatever is answered.
    console
        Where it is told.
    ask
        Puts a question and returns the answer; None where nobody is there to answer.

    Returns
    -------
    list of str
        The names of the groups that are kept for their own sake.

    Raises
    ------
    DeclinedError
        If the user wants nothing done.
    ConfirmationRequiredError
        If there is nobody to ask.
    """
    if ask is None:
        raise ConfirmationRequiredError(
            "This needs a confirmation.",
            "There is no terminal to ask on.",
            "Add --yes if you are sure; --keep says what is to stay.",
        )
    wanted = list(kept)
    console.say(f"\n{wrapped(f'What is to go? {_KEYS}', terminal_columns())}")
    for group in inventory.groups:
        before = split(inventory.groups, wanted)
        if group in before.kept:
            continue
        question = f"Delete {inventory.title(group)}? [Y/n/a/q]"
        answer = _answer(f"{wrapped(question, terminal_columns() - 2, first='  ', rest='    ')} ", ask)
        if answer == "q":
            raise DeclinedError("Nothing was destroyed.", "You did not say yes.")
        if answer == "a":
            break
        if answer == "n":
            wanted.append(group.name)
            _tell_what_else_stays(group, before, split(inventory.groups, wanted), console)
    return wanted


def _answer(question: str, ask: Ask) -> str:
    """Ask until the answer is one; Enter means yes, and leaving with Ctrl-D means that nothing is done."""
    while True:
        try:
            answer = ask(question).strip().lower()
        except EOFError:
            return "q"
        if answer in {"", "y", "yes", "n", "no", "a", "all", "q", "quit"}:
            return answer[:1] or "y"


def _tell_what_else_stays(group: Group, before: Split, after: Split, console: Console) -> None:
    already = {kept.name for kept in before.kept}
    others = [kept.name for kept in after.kept if kept.name not in {*already, group.name}]
    if others:
        text = f"kept with all it needs: {', '.join(others)}"
        console.say(wrapped(text, terminal_columns(), first="    ", rest="      "))
