"""Make the roles, train with a script, tune it, then run the pipeline."""

from sagemaker.core.helper import IamRoleResolver
from sagemaker.core.helper.session_helper import Session

from tests.sdks.account import WINE, run, unique_name
from tests.sdks.v3.pipeline import run_pipeline
from tests.sdks.v3.trainer import train
from tests.sdks.v3.tuner import tune


def main() -> dict[str, object]:
    """Run both; the bucket has to be named, or the SDK asks STS at AWS for the account."""
    name = unique_name("third")
    session = Session(default_bucket=name)
    roles = IamRoleResolver(session)
    role = roles.create_execution_role("training", role_name=f"{name}-training", s3_resource=name)
    pipelines = roles.create_execution_role("pipeline", role_name=f"{name}-pipeline", s3_resource=name)
    data = session.upload_data(str(WINE), key_prefix="wine")
    return {
        "name": name,
        "trained": train(session, role, data),
        "tuned": tune(session, role, data),
        "pipeline": run_pipeline(name, role, pipelines, data),
    }


if __name__ == "__main__":
    run(main)
