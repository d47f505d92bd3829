"""What a model is run with, for endpoints and for transform jobs."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelContainer:
    """A model's container.

    - `model_data_url`: ``s3://…/model.tar.gz``; None where the image holds everything.
    - `role_arn`: the role that it works as; empty where it has none.
    - `is_isolated`: whether it reaches nothing over a network (EnableNetworkIsolation).
    """

    image: str
    model_data_url: str | None
    environment: Mapping[str, str]
    role_arn: str = ""
    is_isolated: bool = False
