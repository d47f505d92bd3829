"""Pipelines as Terraform's outputs tell of them."""

from collections.abc import Mapping

_ARN = "arn:aws:sagemaker:us-west-2:000000000000:pipeline/sagestep-geospatial"
COORDINATES = {"kind": "table", "columns": {"Longitude": "longitude", "Latitude": "latitude"}}
_CONFIGURATIONS = {
    "parameter_vej_input_config": '{"DataSourceConfig": {"S3Data": {"S3Uri": "${input_uri}"}}}',
    "parameter_vej_export_config": '{"S3Data": {"S3Uri": "${output_uri}"}}',
}
GEOSPATIAL: Mapping[str, object] = {
    "arn": _ARN,
    "name": "sagestep-geospatial",
    "title": "Turns coordinates into addresses",
    "role_arn": "arn:aws:iam::000000000000:role/sagestep-geospatial-pipeline",
    "jobs_role_arn": "arn:aws:iam::000000000000:role/sagestep-geospatial-jobs",
    "parameters": _CONFIGURATIONS,
    "parameter_names": [*_CONFIGURATIONS, "parameter_run_id"],
    "input": {**COORDINATES, "example": "../../sample_coordinates.csv"},
    "result": {"kind": "table"},
}
GEOCODING: Mapping[str, object] = {
    "arn": _ARN.replace("geospatial", "geocoding"),
    "name": "sagestep-geocoding",
    "parameters": {"parameter_input_uri": "${input_uri}", "parameter_output_uri": "${output_uri}"},
    "parameter_names": ["parameter_input_uri", "parameter_output_uri", "parameter_instance_type"],
    "input": COORDINATES,
    "result": {"kind": "table"},
}
