"""How often a state is tried again."""

from localstack.services.stepfunctions.asl.component.eval_component import EvalComponent


def apply() -> None:
    """Apply all patches of this module."""
    let_each_retrier_count_under_one_key()


def let_each_retrier_count_under_one_key() -> None:
    """Defect: a retrier takes its key when it is first asked for it, and another if two ask at that moment.

    So iterations of a Map that fail at the same time may find their count of attempts gone, and are tried
    once more than MaxAttempts says. The definition outlives the counts: no other part of it has the same id.
    """
    EvalComponent.heap_key = property(lambda self: str(id(self)))
