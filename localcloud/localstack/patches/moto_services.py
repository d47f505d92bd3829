"""Services that moto answers for."""

import base64
import os
from collections.abc import Callable, Sequence

from localstack.utils.patch import patch
from moto.core.responses import BaseResponse
from moto.ecr.models import ECRBackend
from moto.iam import models as iam_models


def apply() -> None:
    """Apply all patches of this module."""
    let_null_stand_for_an_absent_member()
    let_scanning_have_no_rules()
    make_ids_of_policies_faster()


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


def make_ids_of_policies_faster() -> None:
    """Defect: the IDs of AWS's 1,444 policies, made at the first request to IAM, take a tenth of a second.

    Their characters are those of AWS's own: base32 (IAM user guide, "Unique identifiers").
    """

    def policy_id() -> str:
        return "A" + base64.b32encode(os.urandom(13)).decode()[:20]

    iam_models.random_policy_id = policy_id
