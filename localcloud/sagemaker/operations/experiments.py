"""Experiments: which trial components belong to which trials, and what a pipeline's execution makes.

Source: API reference, AssociateTrialComponent, DeleteTrial, DeleteTrialComponent; developer guide, "Amazon
SageMaker Experiments Integration" (an execution creates the experiment and the trial that there are not).
"""

from collections.abc import Mapping
from datetime import datetime

from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.records.document import Record, complete
from localcloud.sagemaker.records.store import RecordStore, key_of
from localcloud.sagemaker.records.table import FAMILIES
from localcloud.sagemaker.store import Store
from localcloud.sagemaker.wire.requests import Answer

EXPERIMENT, TRIAL, COMPONENT = (FAMILIES[noun] for noun in ("Experiment", "Trial", "TrialComponent"))


def associate_trial_component(call: Call) -> Answer:
    """Make a trial component part of a trial; one that is already stays it."""
    with call.store.lock:
        component, trial = _both(call)
        associate(component, trial)
        return _answer(component, trial)


def disassociate_trial_component(call: Call) -> Answer:
    """Take a trial component from a trial.

    Raises `ServiceError`: ``ResourceNotFound``: it is not part of it.
    """
    with call.store.lock:
        component, trial = _both(call)
        parent, name = _parent(trial), component.document["TrialComponentName"]
        if parent not in _listed(component, "Parents"):
            raise COMPONENT.not_found(f"{name} of trial {parent['TrialName']}")
        component.document["Parents"] = [item for item in _listed(component, "Parents") if item != parent]
        trial.document["Components"] = [item for item in _listed(trial, "Components") if item != name]
        return _answer(component, trial)


def associate(component: Record, trial: Record) -> None:
    """Make a trial component part of a trial."""
    for record, member, item in (
        (component, "Parents", _parent(trial)),
        (trial, "Components", component.document["TrialComponentName"]),
    ):
        known = _listed(record, member)
        record.document[member] = known if item in known else [*known, item]


def ensure(store: Store, names: Mapping[str, str], now: datetime, user: Mapping[str, object]) -> None:
    """Create the experiment and the trial of an execution, where they are not there; the lock is held.

    `names`: ExperimentName and TrialName, where the pipeline's definition has them.
    """
    for family in (EXPERIMENT, TRIAL):
        given = {name: value for name, value in names.items() if name in family.given}
        is_named = {*family.identity, "ExperimentName"} <= given.keys()
        if not is_named or store.records.find(family, given) is not None:
            continue
        record = complete(family, given, store.caller)
        record.document |= {
            "CreationTime": now, "LastModifiedTime": now, "CreatedBy": user, "LastModifiedBy": user
        }  # fmt: skip
        store.records.of(family)[key_of(family, record.document)] = record
        store.tags[record.arn] = {}


def _both(call: Call) -> tuple[Record, Record]:
    records: RecordStore = call.store.records
    given = call.request.members
    return records.get(COMPONENT, given)[1], records.get(TRIAL, given)[1]


def _parent(trial: Record) -> dict[str, object]:
    return {name: trial.document[name] for name in ("TrialName", "ExperimentName")}


def _listed(record: Record, member: str) -> list[object]:
    known = record.document.get(member) or []
    assert isinstance(known, list)
    return known


def _answer(component: Record, trial: Record) -> Answer:
    return {"TrialComponentArn": component.arn, "TrialArn": trial.arn}


OPERATIONS = {
    "AssociateTrialComponent": associate_trial_component,
    "DisassociateTrialComponent": disassociate_trial_component,
}
