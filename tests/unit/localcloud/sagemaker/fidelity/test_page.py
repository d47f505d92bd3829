"""docs/fidelity.md says what the code does."""

import pytest

from localcloud.sagemaker.api import SageMaker
from localcloud.validation import operation_model
from tests.unit.localcloud.sagemaker.cloud import Cloud
from tests.unit.localcloud.sagemaker.fidelity import others
from tests.unit.localcloud.sagemaker.fidelity.page import PAGE, page
from tests.unit.localcloud.sagemaker.fidelity.probe import Finding, Prober, put


def test_the_page_is_what_the_code_answers() -> None:
    written = page().splitlines()
    assert PAGE.read_text(encoding="utf-8").splitlines() == written, (
        "write it anew: python -m tests.unit.localcloud.sagemaker.fidelity.page"
    )


def test_what_is_refused_and_what_is_not_are_told_apart(cloud: Cloud) -> None:
    found = {item.way: item for item in Prober(cloud).findings("CreateTransformJob")}
    capture = ("DataCaptureConfig",)
    assert found[capture] == Finding(capture, (), found[capture].refused)
    assert found["TransformResources", "InstanceType"].refused == ()
    split = found["TransformInput", "SplitType"]
    assert (split.accepted, split.refused) == (("None", "Line"), ("RecordIO", "TFRecord"))
    assert (*capture, "DestinationS3Uri") not in found  # a part of what is refused


def test_a_field_is_put_into_every_item_of_a_list() -> None:
    shape = operation_model("sagemaker", "CreateTrainingJob").input_shape
    assert shape is not None
    request = put(
        {"InputDataConfig": [{"ChannelName": "a"}]}, shape, ("InputDataConfig", "InputMode"), "File"
    )
    assert request == {"InputDataConfig": [{"ChannelName": "a", "InputMode": "File"}]}


@pytest.mark.parametrize("lacks", [others.MOTO_LACKS, others.LOCALSTACK_LACKS])
def test_others_are_compared_by_operations_that_exist(lacks: frozenset[str]) -> None:
    assert lacks <= SageMaker.OPERATIONS
