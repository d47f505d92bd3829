"""Why endpoints fail, in AWS's words.

The sentences are those that DescribeEndpoint gives as FailureReason, as users quote them: ping health check
in aws/sagemaker-python-sdk#155, download in aws-solutions-library-samples/fraud-detection-using-machine-
learning#9, archive (in `localcloud.sagemaker.archives`) in aws/deep-learning-containers#569, image in
aws/amazon-sagemaker-examples#275.
"""

_CONTAINER = "container_1"  # what AWS calls the only container of a model


def ping_failed(variant: str) -> str:
    """Say that a container never answered /ping with 200, or no longer does."""
    return (
        f"The primary container for production variant {variant} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


def image_missing(variant: str) -> str:
    """Say that there is no such image."""
    return (
        f"Please make sure all images included in the model for the production variant {variant} exist, and "
        "that the execution role used to create the model has permissions to access them."
    )


def download_failed(url: str) -> str:
    """Say that the model data cannot be downloaded."""
    return (
        f'Failed to download model data for container "{_CONTAINER}" from URL: "{url}". Please ensure that '
        "there is an object located at the URL and that the role passed to CreateModel has permissions to "
        "download the object."
    )
