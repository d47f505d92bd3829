"""A deployed project with a script and a function, whose code can change."""

import base64
import json
from dataclasses import dataclass, field
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from driver.commands.sync import Sync
from driver.commands.up import Up
from driver.settings.project import Project
from tests.unit.driver.fake_context import FakeClients, NoVariables
from tests.unit.driver.fakes import World
from tests.unit.driver.states import json_text

OBJECT = 'module.pipeline["churn"].aws_s3_object.code["train.py"]'
FUNCTION = 'module.function["note"].aws_lambda_function.this'
BUCKET, KEY = "own-000000000000-us-west-2", "pipelines/churn/code/train.py"


TEMPLATE = '{"Parameters": [{"Name": "Least", "DefaultValue": 0.9}], "Bucket": "${bucket_name}"}'


class Killed(BaseException):
    """Nothing catches it, as nothing catches kill -9."""


def hash_of(content: bytes) -> str:
    return base64.b64encode(sha256(content).digest()).decode()


@dataclass
class Cloud(FakeClients):
    """One object and one function; it may refuse, or end the process once something was uploaded."""

    world: World
    script: bytes = b""
    definition: str = ""
    package: bytes = b""
    version: int = 1
    update_status: str = "Successful"
    uploads: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False
    kills: bool = False

    def s3(self) -> Any:
        return self

    def functions(self) -> Any:
        return self

    def head_object(self, **request: str) -> dict[str, str]:
        assert request == {"Bucket": BUCKET, "Key": KEY}
        return {
            "ETag": f'"{md5(self.script, usedforsecurity=False).hexdigest()}"',
            "VersionId": str(self.version),
            "ContentType": "application/octet-stream",
            "ServerSideEncryption": "AES256",
        }

    def put_object(self, **request: Any) -> None:
        self.script = request["Body"]
        self._uploaded(request)

    def get_function(self, **request: str) -> dict[str, Any]:
        assert request == {"FunctionName": "own-note"}
        configuration = {
            "CodeSha256": hash_of(self.package),
            "CodeSize": len(self.package),
            "LastModified": f"2026-11-27T12:00:0{self.version}.000+0000",
            "LastUpdateStatus": self.update_status,
        }
        return {"Configuration": configuration}

    def update_function_code(self, **request: Any) -> None:
        self.package = request["ZipFile"]
        self._count()
        self._uploaded(request)

    def sagemaker(self) -> Any:
        return self

    def describe_pipeline(self, **request: str) -> dict[str, str]:
        assert request == {"PipelineName": "own-churn"}
        return {"PipelineDefinition": self.definition, "RoleArn": "the pipeline's"}

    def update_pipeline(self, **request: Any) -> None:
        self.definition = request["PipelineDefinition"]
        self._count()
        self._uploaded(request)

    def _count(self) -> None:
        assert self.world.target.changed is not None
        self.world.target.changed += 1

    def _uploaded(self, request: dict[str, Any]) -> None:
        if self.refuses:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "PutObject")
        self.uploads.append(request)
        self.version += 1
        if self.kills:
            raise Killed


@dataclass
class Own:
    """A deployed project with a script and a function."""

    world: World
    cloud: Cloud
    folder: Path

    @property
    def script(self) -> Path:
        return self.folder / "resources/pipelines/churn/code/train.py"

    @property
    def template(self) -> Path:
        return self.folder / "resources/pipelines/churn/pipeline.json"

    @property
    def configuration(self) -> Path:
        return self.folder / "terraform/own.tf"

    @property
    def package(self) -> Path:
        return self.folder / ".sagestep/packages/note.zip"

    def attributes(self, type_: str) -> dict[str, Any]:
        state = json.loads(self.world.workspace.state_path.read_text())
        (found,) = (one["instances"][0] for one in state["resources"] if one["type"] == type_)
        return dict(found["attributes"])

    def serial(self) -> int:
        return int(json.loads(self.world.workspace.state_path.read_text())["serial"])

    def sync(self) -> list[str]:
        """Sync; returns Terraform's commands."""
        self.world.terraform.calls.clear()
        Sync(self.world.context())(assume_yes=True, watch=False)
        return self.world.terraform.calls

    def up(self, *, refresh: bool = False) -> list[str]:
        self.world.terraform.calls.clear()
        Up(self.world.context())(assume_yes=True, refresh=refresh)
        return self.world.terraform.calls


def rendered(template: str) -> str:
    """Make of a template what Terraform makes of it."""
    return json_text(json.loads(template.replace("${bucket_name}", BUCKET)))


def state_with(cloud: Cloud, package: Path) -> str:
    empty = dict.fromkeys(("acl", "metadata", "kms_key_id", "content_base64", "checksum_sha256"))
    script = {
        **empty,
        "bucket": BUCKET,
        "key": KEY,
        "content": cloud.script.decode(),
        "content_type": "application/octet-stream",
        "etag": md5(cloud.script, usedforsecurity=False).hexdigest(),
        "version_id": "1",
        "server_side_encryption": "AES256",
        "storage_class": "STANDARD",
        "tags_all": {"Project": "own", "ManagedBy": "terraform"},
    }
    function = {
        "function_name": "own-note",
        "filename": str(package),
        "publish": False,
        "source_code_hash": hash_of(cloud.package),
        "code_sha256": hash_of(cloud.package),
        "source_code_size": len(cloud.package),
        "last_modified": "2026-11-27T12:00:01.000+0000",
    }

    def resource(module: str, type_: str, name: str, instance: dict[str, Any]) -> dict[str, Any]:
        return {"module": module, "mode": "managed", "type": type_, "name": name, "instances": [instance]}

    resources = [
        resource(
            'module.pipeline["churn"]',
            "aws_s3_object",
            "code",
            {"index_key": "train.py", "attributes": script},
        ),
        resource(
            'module.pipeline["churn"]',
            "aws_sagemaker_pipeline",
            "this",
            {
                "attributes": {
                    "pipeline_name": "own-churn",
                    "role_arn": "the pipeline's",
                    "pipeline_definition": cloud.definition,
                }
            },
        ),
        resource('module.function["note"]', "aws_lambda_function", "this", {"attributes": function}),
    ]
    head = {"version": 4, "serial": 7, "lineage": "of-the-tests", "outputs": {}}
    return json.dumps({**head, "resources": resources})


def deploy(world: World, folder: Path) -> Own:
    """Deploy it into a world."""
    own = Own(world, Cloud(world, b"print(1)\n", rendered(TEMPLATE), b"zip 1"), folder)
    own.script.parent.mkdir(parents=True)
    own.script.write_bytes(own.cloud.script)
    own.template.write_text(TEMPLATE)
    (own.folder / "lambda_src/note").mkdir(parents=True)
    own.package.parent.mkdir(parents=True)
    own.package.write_bytes(own.cloud.package)
    world.settings = NoVariables(Project(own.folder), own.folder / ".sagestep")
    world.clients = own.cloud
    world.target.changed = 7
    world.terraform.reads = (own.folder / "resources", own.folder / "lambda_src", own.package.parent)
    world.terraform.whole = state_with(own.cloud, own.package)
    own.up()
    return own
