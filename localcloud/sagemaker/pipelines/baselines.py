"""Baselines of QualityCheck steps: the two files, where an earlier one lies, and how a job gets it.

A job gets an earlier baseline as those of monitoring schedules do, whose requests users show: as inputs
``constraints`` and ``baseline`` below ``/opt/ml/processing/baseline``, named by the variables
``baseline_constraints`` and ``baseline_statistics``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.pipelines.request_step import invoke
from localcloud.sagemaker.pipelines.service import Service

GROUP = "ModelPackageGroupName"


class CheckType(StrEnum):
    """What is checked; the value is the name in the definition."""

    DATA = "DATA_QUALITY"
    MODEL = "MODEL_QUALITY"

    @property
    def baselines(self) -> str:
        """Its member of a model package's DriftCheckBaselines."""
        return "ModelDataQuality" if self is CheckType.DATA else "ModelQuality"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the two files of a baseline.

    `input`, `folder`, `variable`: how a job gets an earlier one.
    """

    name: str
    file: str
    input: str
    folder: str
    variable: str

    @property
    def calculated(self) -> str:
        """The property that tells what the job has calculated."""
        return f"CalculatedBaseline{self.name}"

    @property
    def used(self) -> str:
        """The property that tells what later checks compare with."""
        return f"BaselineUsedForDriftCheck{self.name}"

    @property
    def supplied(self) -> str:
        """The member of a step that names an earlier one."""
        return f"SuppliedBaseline{self.name}"


_FOLDER = "/opt/ml/processing/baseline"
PARTS = (
    Part("Constraints", "constraints.json", "constraints", f"{_FOLDER}/constraints", "baseline_constraints"),
    Part("Statistics", "statistics.json", "baseline", f"{_FOLDER}/stats", "baseline_statistics"),
)


def find_baseline(service: Service, check_type: CheckType, texts: Mapping[str, str]) -> dict[Part, str]:
    """Give the S3 URIs of an earlier baseline: what a step supplies goes before what its group has.

    `texts`: the members of the step that are not empty.

    Raises `StepError` where one of the two files is missing.
    """
    supplied = {part: texts.get(part.supplied) for part in PARTS}
    registered: dict[Part, str] = {}
    if GROUP in texts and not all(supplied.values()):
        registered = _registered(service, check_type, texts[GROUP])
    found = {part: supplied[part] or registered.get(part) for part in PARTS}
    if missing := [part.name for part in PARTS if not found[part]]:
        raise StepError(
            f"ClientError: There is no earlier baseline ({', '.join(missing)}) for {check_type}: neither the "
            "step nor the latest approved model package of its group names one. A step with both SkipCheck "
            "and RegisterNewBaseline needs none."
        )
    return {part: str(uri) for part, uri in found.items()}


def with_baseline(request: Mapping[str, object], baseline: Mapping[Part, str]) -> dict[str, object]:
    """Give the request of a job that compares with a baseline."""
    inputs, environment = request.get("ProcessingInputs", []), request.get("Environment", {})
    assert isinstance(inputs, list)
    assert isinstance(environment, dict)
    more = [
        {
            "InputName": part.input,
            "S3Input": {
                "S3Uri": uri,
                "LocalPath": part.folder,
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
                "S3DataDistributionType": "FullyReplicated",
                "S3CompressionType": "None",
            },
        }
        for part, uri in baseline.items()
    ]
    variables = {part.variable: f"{part.folder}/{uri.rpartition('/')[2]}" for part, uri in baseline.items()}
    return {**request, "ProcessingInputs": [*inputs, *more], "Environment": environment | variables}


def _registered(service: Service, check_type: CheckType, group: str) -> dict[Part, str]:
    """Give the baseline of the latest approved model package of a group, as far as it has one."""
    wanted = {
        GROUP: group,
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    match invoke(service, "ListModelPackages", wanted):
        case {"ModelPackageSummaryList": [{"ModelPackageArn": arn}]}:
            package = invoke(service, "DescribeModelPackage", {"ModelPackageName": arn})
            return dict(_named(package.get("DriftCheckBaselines"), check_type))
    return {}


def _named(baselines: object, check_type: CheckType) -> Iterator[tuple[Part, str]]:
    for part in PARTS:
        match baselines:
            case {check_type.baselines: {part.name: {"S3Uri": str(uri)}}}:
                yield part, uri
