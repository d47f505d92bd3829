"""Who asks: the user or the session of a role that an access key of IAM or STS belongs to."""

import sys

from localstack.aws.api import RequestContext
from localstack.utils.aws.request_context import extract_access_key_id_from_auth_header

from localcloud.ports import Principal


def principal_of(context: RequestContext) -> Principal:
    """Tell who has signed a request; a key that IAM and STS do not know is the account's root user."""
    account, partition = context.account_id, context.partition
    key_id = extract_access_key_id_from_auth_header(context.request.headers) or ""
    sts, iam = sys.modules.get("moto.sts.models"), sys.modules.get("moto.iam.models")
    session = sts and sts.sts_backends[account][partition].get_assumed_role_from_access_key(key_id)
    if session:
        return Principal(session.arn, session.user_id)
    user = iam and iam.iam_backends[account][partition].get_user_from_access_key_id(key_id)
    if user:
        return Principal(user.arn, user.id)
    return Principal(f"arn:{partition}:iam::{account}:root", account)
