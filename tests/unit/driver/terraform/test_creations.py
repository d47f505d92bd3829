from pathlib import Path

from driver.terraform.creations import Creations
from driver.terraform.events import ChangeSummary, Phase, ResourceEvent


def test_what_began_and_did_not_end_is_known_to_the_next_process(tmp_path: Path) -> None:
    creations = Creations(tmp_path / "creations.log")
    assert creations.unfinished() == ()
    for address, phase, action in (
        ("aws_sqs_queue.dlq", Phase.STARTED, "create"),
        ("aws_iam_role.jobs", Phase.STARTED, "create"),
        ("aws_s3_bucket.this", Phase.STARTED, "create"),
        ("aws_lambda_function.this", Phase.STARTED, "update"),
        ("aws_iam_role.jobs", Phase.FINISHED, "create"),
        ("aws_s3_bucket.this", Phase.FAILED, "create"),
    ):
        creations.on_event(ResourceEvent(phase, address, action))
    creations.on_event(ChangeSummary("apply", 1, 0, 0))
    again = Creations(tmp_path / "creations.log")
    assert again.unfinished() == ("aws_sqs_queue.dlq",)
    again.forget()
    assert creations.unfinished() == ()
    assert list(tmp_path.iterdir()) == []
