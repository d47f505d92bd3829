"""What a pipeline execution is started with: its parameters, and what they say of the results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from driver.model.choices import Geocoder
from driver.model.values import Outputs

Place = tuple[str, str]  # a bucket and a prefix; both empty where there is none
EXPORT_PARAMETER = "parameter_vej_export_config"
OUTPUT_PARAMETER = "parameter_output_uri"


def output_place(outputs: Outputs, name: str) -> Place:
    """Choose bucket and prefix for the result of an execution that is started under a name."""
    return outputs.bucket_name, f"outputfiles/{name}/"


def export_place(parameters: Mapping[str, str]) -> Place:
    """Find out by an execution's parameters, whoever started it, where its result is."""
    try:
        written = parameters.get(OUTPUT_PARAMETER)
        uri = urlsplit(written or json.loads(parameters[EXPORT_PARAMETER])["S3Data"]["S3Uri"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return "", ""
    return uri.netloc, uri.path.removeprefix("/")


def pipeline_parameters(outputs: Outputs, name: str, key: str) -> dict[str, str]:
    """Fill in the parameters of the pipeline that is deployed.

    They are those of resources/geospatial_pipeline.json, or, where a processing job geocodes, those of
    resources/geocoding_pipeline.json.

    The key is the uploaded file's. The configurations are JSON in strings, as the pipeline hands them on.
    """
    bucket, prefix = output_place(outputs, name)
    input_uri, output_uri = f"s3://{bucket}/{key}", f"s3://{bucket}/{prefix}"
    if outputs.geocoder == Geocoder.PROCESSING:
        return {"parameter_input_uri": input_uri, OUTPUT_PARAMETER: output_uri}
    source = {"DataSourceConfig": {"S3Data": {"S3Uri": input_uri}}, "DocumentType": "CSV"}
    export = {"S3Data": {"S3Uri": output_uri}}
    job = {"ReverseGeocodingConfig": {"XAttributeName": "Longitude", "YAttributeName": "Latitude"}}
    return {
        "parameter_execution_role": outputs.sagemaker_role_arn,
        "parameter_region": outputs.region,
        "parameter_queue_url": outputs.queue_url,
        "parameter_vej_input_config": json.dumps(source),
        EXPORT_PARAMETER: json.dumps(export),
        "parameter_step_1_vej_config": json.dumps(job),
    }
