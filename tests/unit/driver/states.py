"""A Terraform state of a whole deployment in small: every module of terraform/, and what depends on what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from driver.terraform.state import read_managed_resources

_HEAD = {"version": 4, "serial": 1, "lineage": "of-the-tests"}
_ARN = "arn:aws:states:us-west-2:000000000000:stateMachine:sagestep"
_BUCKET = "module.bucket.aws_s3_bucket.this"
_ROLE = "module.jobs_role.aws_iam_role.this"
_GEOSPATIAL = "module.function.aws_lambda_function.this"
_ANSWER = "module.answer_task_function.aws_lambda_function.this"
_START = "module.start_pipeline_function.aws_lambda_function.this"
_TOPIC = "module.notifications.aws_sns_topic.this"
_QUEUE = "module.queue.aws_sqs_queue.this"

# Module, type and name, id, what it depends on.
_RESOURCES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("bucket", "aws_s3_bucket.this", "sagestep-000000000000-us-west-2", ()),
    ("bucket", "aws_s3_bucket_policy.this", "", (_BUCKET, "module.bucket.data.aws_iam_policy_document.this")),
    # A data source of another module, as the real queue has one: no reason to keep the roles.
    ("queue", "aws_sqs_queue.dlq", "http://127.0.0.1:4566/000000000000/sagestep-callback-dlq", ()),
    (
        "queue",
        "aws_sqs_queue.this",
        "http://127.0.0.1:4566/000000000000/sagestep-callback",
        ("module.queue.aws_sqs_queue.dlq", "module.jobs_role.data.aws_caller_identity.current"),
    ),
    ("jobs_role", "aws_iam_role.this", "sagestep-jobs", ()),
    ("jobs_role", "aws_iam_role_policy.this", "", (_ROLE, _BUCKET)),
    ("function.geospatial", "aws_lambda_function.this", "sagestep-geospatial", (_BUCKET,)),
    ("function.geospatial", "aws_lambda_event_source_mapping.this", "", (_GEOSPATIAL, _QUEUE)),
    ("answer_task_function", "aws_lambda_function.this", "sagestep-answer-task", (_BUCKET,)),
    (
        "pipeline.geospatial",
        "aws_sagemaker_pipeline.this",
        "sagestep-geospatial",
        (_GEOSPATIAL, _ANSWER),
    ),
    ("start_pipeline_function", "aws_lambda_function.this", "sagestep-start-pipeline", (_BUCKET,)),
    ("notifications", "aws_sns_topic.this", "arn:aws:sns:us-west-2:000000000000:sagestep-failures", ()),
    ("state_machine", "aws_sfn_state_machine.this", f"{_ARN}-run-pipeline", (_START, _TOPIC)),
    ("answer_task_function", "aws_cloudwatch_event_target.this", "", (_ANSWER,)),
    ("image_repository", "aws_ecr_repository.this", "sagestep-scikit", ()),
    *(
        (
            f"workflow.{name}",
            "aws_sfn_state_machine.this",
            f"{_ARN}-{name.replace('_', '-')}",
            (_TOPIC, _ROLE),
        )
        for name in ("train", "train_many", "end_to_end", "deploy_model")
    ),
)


def whole_state() -> str:
    """Write the state that an `up` leaves."""
    return json.dumps({**_HEAD, "resources": [_resource(*row) for row in _RESOURCES]})


def _resource(module: str, name: str, id_: str, dependencies: Iterable[str]) -> dict[str, object]:
    module_name, _, key = module.partition(".")
    type_, _, label = name.partition(".")
    return {
        "module": f'module.{module_name}["{key}"]' if key else f"module.{module_name}",
        "mode": "managed",
        "type": type_,
        "name": label,
        "instances": [{"attributes": {"id": id_}, "dependencies": list(dependencies)}],
    }


def json_text(document: object) -> str:
    """Write JSON as Terraform does."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def filtered(state: str, stays: Callable[[str], bool]) -> str:
    """Leave in a state the resources whose addresses stay."""
    left = []
    for resource in json.loads(state)["resources"]:
        for instance in resource["instances"]:
            one = resource | {"instances": [instance]}
            if stays(read_managed_resources(json.dumps({**_HEAD, "resources": [one]}))[0].address):
                left.append(one)
    return json.dumps({**_HEAD, "resources": left})
