"""DescribeEndpoint and ListEndpoints."""

from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.state import EndpointState, EndpointStatus, Fleet, Variant
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.endpoints import find_endpoint
from localcloud.sagemaker.operations.listing import listed
from localcloud.sagemaker.wire.pagination import is_between
from localcloud.sagemaker.wire.requests import Answer, present


def describe_endpoint(call: Call) -> Answer:
    """Describe an endpoint."""
    endpoint = find_endpoint(call)
    state = endpoint.state
    return present(
        EndpointName=endpoint.identity.name,
        EndpointArn=endpoint.identity.arn,
        EndpointConfigName=state.config_name,
        ProductionVariants=_variants(state),
        EndpointStatus=state.status.value,
        FailureReason=state.failure_reason,
        CreationTime=endpoint.identity.created,
        LastModifiedTime=state.last_modified,
        PendingDeploymentSummary=_pending(state),
        DataCaptureConfig=_capture(state),
        AsyncInferenceConfig=_async(state),
    )


def list_endpoints(call: Call) -> Answer:
    """List endpoints."""
    request, status = call.request, call.request.optional_text("StatusEquals")
    with call.store.lock:
        endpoints = [
            _Listed(endpoint)
            for endpoint in call.store.hosting.endpoints.values()
            if status in {None, endpoint.state.status.value}
            and is_between(
                endpoint.state.last_modified, request, "LastModifiedTimeAfter", "LastModifiedTimeBefore"
            )
        ]
    found, token = listed(request, endpoints, lambda item: item.state.status, size=10)
    return present(Endpoints=[item.summary() for item in found], NextToken=token)


class _Listed:
    """An endpoint with its state as it was when the list was made."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name, self.created = endpoint.identity.name, endpoint.identity.created
        self.arn, self.state = endpoint.identity.arn, endpoint.state

    def summary(self) -> Answer:
        """Give the members of EndpointSummary."""
        return {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.state.last_modified,
            "EndpointStatus": self.state.status.value,
        }


def _capture(state: EndpointState) -> Answer | None:
    """Give DataCaptureConfigSummary."""
    fleet = state.live or state.pending
    if fleet is None or fleet.capture is None:
        return None
    return {
        "EnableCapture": True,
        "CaptureStatus": "Started" if state.live else "Stopped",
        "CurrentSamplingPercentage": fleet.capture.percentage,
        "DestinationS3Uri": str(fleet.capture.target),
        "KmsKeyId": fleet.capture.kms_key_id or "",
    }


def _async(state: EndpointState) -> object:
    """Give AsyncInferenceConfig as it was given."""
    fleet = state.live or state.pending
    return fleet.asynchronous.members if fleet and fleet.asynchronous else None


def _variants(state: EndpointState) -> list[Answer] | None:
    """Give ProductionVariants; an endpoint that never served has none."""
    if state.live is None:
        return None
    live = state.live
    return [
        {
            "VariantName": variant.name,
            **_images(variant, live),
            "CurrentWeight": variant.weight,
            "DesiredWeight": _desired(state, variant).weight,
            **_size(variant, _desired(state, variant), live),
        }
        for variant in live.variants
    ]


def _size(variant: Variant, desired: Variant, live: Fleet) -> Answer:
    if variant.serverless is not None and desired.serverless is not None:
        return {
            "CurrentServerlessConfig": variant.serverless.members,
            "DesiredServerlessConfig": desired.serverless.members,
        }
    return {
        "CurrentInstanceCount": variant.instance_count
        if variant.has_components
        else sum(item.variant == variant.name for item in live.instances),
        "DesiredInstanceCount": desired.instance_count,
    }


def _desired(state: EndpointState, variant: Variant) -> Variant:
    """Give the variant as it is to become: while capacities change, that of the pending fleet."""
    pending = state.pending.variants if state.pending else ()
    return next((item for item in pending if item.name == variant.name), variant)


def _pending(state: EndpointState) -> Answer | None:
    """Give PendingDeploymentSummary: "only returned when the endpoint is creating or updating"."""
    if state.pending is None:
        return None
    fleet = state.pending
    status = "Creating" if state.status is EndpointStatus.CREATING else "Updating"
    return {
        "EndpointConfigName": fleet.config_name,
        "StartTime": fleet.started,
        "ProductionVariants": [
            {
                "VariantName": variant.name,
                **_images(variant, fleet),
                "CurrentWeight": 0.0,
                "DesiredWeight": variant.weight,
                "CurrentInstanceCount": len(fleet.in_service(variant.name)),
                "DesiredInstanceCount": variant.instance_count,
                "VariantStatus": [{"Status": status, "StartTime": fleet.started}],
            }
            for variant in fleet.variants
        ],
    }


def _images(variant: Variant, fleet: Fleet) -> Answer:
    if variant.has_components:
        return {}
    images = (container.image for container in variant.container.all)
    deployed = [
        {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": fleet.started} for image in images
    ]
    return {"DeployedImages": deployed}
