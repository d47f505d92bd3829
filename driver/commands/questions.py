"""The questions of `invoke down`: which groups are destroyed, which are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection

from driver.commands.inventory import Inventory
from driver.deployments.groups import Group, Split, split
from driver.host.console import Console
from driver.host.wording import terminal_columns, wrapped
from driver.model.exceptions import ConfirmationRequiredError, DeclinedError

Ask = Callable[[str], str]

_KEYS = "y: destroy; n: keep; a: destroy this and all that follow; q: do nothing"


def choose(inventory: Inventory, kept: Collection[str], console: Console, ask: Ask | None) -> list[str]:
    """Ask for each group whether to destroy it; first for those that depend on others.

    What a kept group needs is kept too, and is not asked about. The caller asks the last question: nothing is
    destroyed without it.

    Parameters
    ----------
    kept
        Names of groups that are kept without a question.
    ask
        Asks a question and returns the answer; None where nobody can answer.

    Returns
    -------
    list of str
        The names of the groups that the user wants to keep.

    Raises
    ------
    DeclinedError
        If the user wants nothing done.
    ConfirmationRequiredError
        If nobody can answer.
    """
    if ask is None:
        raise ConfirmationRequiredError(
            "This needs a confirmation.",
            "There is no terminal to ask on.",
            "Add --yes if you are sure; --keep names what is kept.",
        )
    wanted = list(kept)
    console.say(f"\nWhich of these are destroyed? {_KEYS}")
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
        console.say(f"    also kept, because it is needed: {', '.join(others)}")
