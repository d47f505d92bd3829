"""Services that moto answers for."""

from collections.abc import Callable, Sequence

from localstack.utils.patch import patch
from moto.core.responses import BaseResponse
from moto.ecr.models import ECRBackend


def apply() -> None:
    """Apply all patches of this module."""
    let_null_stand_for_an_absent_member()
    let_scanning_have_no_rules()


def let_null_stand_for_an_absent_member() -> None:
    """Defect: a member that is null has no default, and services fail on it."""

    @patch(BaseResponse._get_param)
    def get(
        original: Callable[..., object], self: BaseResponse, param_name: str, if_none: object = None
    ) -> object:
        value = original(self, param_name, if_none)
        return if_none if value is None else value


def let_scanning_have_no_rules() -> None:
    """Defect: ECR's PutRegistryScanningConfiguration fails without rules, which AWS does not ask for."""

    @patch(ECRBackend.put_registry_scanning_configuration)
    def put(
        original: Callable[..., None], self: ECRBackend, scan_type: str, rules: Sequence[object] | None
    ) -> None:
        original(self, scan_type, rules or [])
