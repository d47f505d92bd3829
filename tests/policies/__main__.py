"""Deploy, record what all runs use, take each action away in turn, and destroy; about half an hour.

Exits with 1 where an action is granted that no run shows and no reason supports, with 2 where a run fails
though nothing is missing.
"""

import argparse
import fnmatch
import sys
import tempfile
import time
from pathlib import Path

from tests.integration.stack import Stack, free_port
from tests.policies import checks, fan_outs, pipelines, workflows
from tests.policies.grants import (
    Grant,
    grants_of,
    read_policies,
    read_proven,
    read_reasons,
    unsupported,
    write_proven,
)
from tests.policies.place import Place
from tests.policies.proof import Proof


def main() -> int:
    """Prove; give the exit code."""
    reader = argparse.ArgumentParser(prog="python -m tests.policies", description=__doc__)
    reader.add_argument("--role", default="*", help="roles whose actions are taken away, such as 'train*'")
    reader.add_argument("--new", action="store_true", help="take away only what has no proof yet")
    reader.add_argument("--runs", default="*", help="runs that are made, such as 'geo*'")
    reader.add_argument("--home", type=Path, help="use the deployment in this folder, with --port")
    reader.add_argument("--port", type=int)
    given = reader.parse_args()
    if given.home:
        return _prove(Stack(given.home, given.port), given)
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), free_port())
        _say("Deploying …")
        try:
            stack.invoke("up", timeout=600)
            return _prove(stack, given)
        finally:
            stack.invoke("down", "--yes", expect=None, timeout=600)


def _prove(stack: Stack, given: argparse.Namespace) -> int:
    began = time.monotonic()
    prefix = stack.output("name_prefix")
    policies = read_policies(stack.client("iam"), prefix)
    place = Place(stack)
    place.prepare()
    found = {name: run for room in (checks, workflows, fan_outs, pipelines) for name, run in room.runs(place)}
    chosen = {name: run for name, run in found.items() if fnmatch.fnmatchcase(name, given.runs)}
    proof = Proof(place, policies, chosen, _say, prefix)
    proof.record()
    faulty = proof.faulty()
    grants = grants_of(policies)
    proven = {grant: run for grant, run in read_proven().items() if grant in set(grants)}
    reasons = read_reasons()
    asked = [
        grant
        for grant in grants
        if fnmatch.fnmatchcase(grant.role, given.role) and not (given.new and grant in proven)
    ]
    open_: dict[Grant, str] = {}
    for number, grant in enumerate(asked, 1):
        run, told = proof.show(grant)
        passed = int(time.monotonic() - began)
        _say(f"[{number}/{len(asked)}, {passed} s] {'shown' if run else 'NOT SHOWN'}: {grant}: {told}")
        proven.pop(grant, None)
        if run:
            proven[grant] = run
        else:
            open_[grant] = told
        write_proven(proven)
    without = unsupported(asked, proven, reasons)
    _say(
        f"\n{len(asked)} granted actions: {len(asked) - len(open_)} shown by a run, "
        f"{len(open_) - len(without)} with a reason, {len(without)} with neither, "
        f"in {int(time.monotonic() - began)} s"
    )
    for grant in without:
        _say(f"neither shown nor with a reason: {grant}: {open_[grant]}")
    for name in faulty:
        _say(f"this run fails though nothing is missing, so it shows nothing: {name}")
    return 2 if faulty else 1 if without else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - progress of a command


if __name__ == "__main__":
    sys.exit(main())
