"""What each program of the SDK v2 finds: the SDK's session, a role, the data set in S3."""

from dataclasses import dataclass

import sagemaker

from tests.sdks.account import WINE, make_role, unique_name


@dataclass(frozen=True)
class Surroundings:
    """One program's part of the account: a prefix for names, the SDK's session, a role, a folder in S3."""

    name: str
    session: sagemaker.Session
    role: str
    folder: str

    @property
    def wine(self) -> str:
        """The folder of the data set: 13 numbers and a class in each row, with a header."""
        return f"{self.folder}/wine"


def prepare(kind: str) -> Surroundings:
    """Make a role, and upload the data set to a bucket that the SDK makes.

    It has to be named: for a default name the SDK asks STS for the account, at AWS, whatever the endpoint.
    """
    name = unique_name(kind)
    role = make_role(name)
    session = sagemaker.Session(default_bucket=name)
    session.upload_data(str(WINE), key_prefix="wine")
    return Surroundings(name, session, role, f"s3://{session.default_bucket()}")
