"""What a model is run with, for endpoints and for transform jobs."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelContainer:
    """A model's container.

    - `model_data_url`: ``s3://…/model.tar.gz``; None where the image holds everything.
    - `role_arn`: the role that it works as; empty where it has none.
    - `name`: what logs and errors call it: its ContainerHostname.
    - `others`: the containers after it, of a model that has several.
    - `is_direct`: whether each of them is asked by its name, and not one after the other.
    - `is_isolated`: whether it reaches nothing over a network (EnableNetworkIsolation).
    """

    image: str
    model_data_url: str | None
    environment: Mapping[str, str]
    role_arn: str = ""
    is_isolated: bool = False
    name: str = "primary"
    others: tuple["ModelContainer", ...] = ()
    is_direct: bool = False

    @property
    def all(self) -> tuple["ModelContainer", ...]:
        """All containers of the model, in their order."""
        return (self, *self.others)
