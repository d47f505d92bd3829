"""Code that changed alone is uploaded without Terraform, and is in its state then."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from driver.model.values import Deployment
from driver.terraform.target_records import APPLIED
from tests.unit.driver.fakes import LOCAL, FakeTarget, World
from tests.unit.driver.own_code import (
    BUCKET,
    FUNCTION,
    KEY,
    OBJECT,
    TEMPLATE,
    Killed,
    Own,
    deploy,
    hash_of,
    rendered,
)


@pytest.fixture
def own(world: World, tmp_path: Path) -> Own:
    return deploy(world, tmp_path / "own")


def test_a_changed_script_and_function_are_uploaded_and_stand_in_the_state(own: Own) -> None:
    own.script.write_text("print('größer')\n")
    own.package.write_bytes(b"zip 22")
    before = own.attributes("aws_s3_object"), own.attributes("aws_lambda_function")
    assert own.sync() == []
    assert own.cloud.uploads == [
        {"FunctionName": "own-note", "ZipFile": b"zip 22"},
        {
            "Bucket": BUCKET,
            "Key": KEY,
            "Body": "print('größer')\n".encode(),
            "ContentType": "application/octet-stream",
            "ServerSideEncryption": "AES256",
            "StorageClass": "STANDARD",
            "Tagging": "Project=own&ManagedBy=terraform",
        },
    ]
    hash_ = hash_of(b"zip 22")
    assert own.attributes("aws_lambda_function") == before[1] | {
        "source_code_hash": hash_,
        "code_sha256": hash_,
        "source_code_size": 6,
        "last_modified": "2026-11-27T12:00:02.000+0000",
    }
    assert own.attributes("aws_s3_object") == before[0] | {
        "content": "print('größer')\n",
        "etag": md5(own.cloud.script, usedforsecurity=False).hexdigest(),
        "version_id": "3",
    }
    assert own.serial() == 3
    assert own.world.workspace.copies.number == 1
    for told in (f"updating {FUNCTION}", f"updated {OBJECT}", "0 added, 2 changed, 0 destroyed"):
        assert told in own.world.screen.text


def test_a_changed_definition_is_uploaded_as_terraform_writes_it(own: Own) -> None:
    own.template.write_text(TEMPLATE.replace("0.9", "0.8"))
    before = own.attributes("aws_sagemaker_pipeline")
    assert own.sync() == []
    wanted = rendered(TEMPLATE.replace("0.9", "0.8"))
    assert own.cloud.uploads == [{"PipelineName": "own-churn", "PipelineDefinition": wanted}]
    assert own.attributes("aws_sagemaker_pipeline") == before | {"pipeline_definition": wanted}
    assert own.up() == []


def test_the_next_commands_find_nothing_to_do(own: Own) -> None:
    own.package.write_bytes(b"zip 22")
    assert own.sync() == []
    assert own.sync() == []
    assert own.up() == []
    assert len(own.cloud.uploads) == 1
    assert own.up(refresh=True) == ["init", f"apply {LOCAL.endpoint_url}"]


def test_up_takes_the_short_way_and_says_how_terraform_is_asked(own: Own) -> None:
    own.script.write_text("print(2)\n")
    assert own.up() == []
    assert own.cloud.script == b"print(2)\n"
    assert "invoke up --refresh" in own.world.screen.text


def test_what_somebody_else_changed_is_left_to_the_next_up(own: Own) -> None:
    own.world.target.changed = 9
    own.script.write_text("print(2)\n")
    assert own.sync() == []
    assert own.sync() == []
    assert own.up() == ["init", f"apply {LOCAL.endpoint_url}"]
    why = "Terraform is asked: a resource may have been changed without Terraform since the last apply"
    assert why in " ".join(own.world.screen.text.split())


def test_a_change_during_the_upload_is_left_to_the_next_up(own: Own) -> None:
    upload = own.cloud.put_object

    def put_object(**request: Any) -> None:
        upload(**request)
        own.world.target.changed = 9

    own.cloud.put_object = put_object  # type: ignore[method-assign]
    own.script.write_text("print(2)\n")
    assert own.sync() == []
    assert own.up() == ["init", f"apply {LOCAL.endpoint_url}"]


def test_what_is_not_uploaded_needs_no_terraform(own: Own) -> None:
    own.script.with_name(".train.py.swp").write_text("an editor's")
    (own.folder / "lambda_src/note/README.md").write_text("new")
    assert own.sync() == []
    assert own.cloud.uploads == []
    assert own.serial() == 1
    assert own.up() == []


def _other_target(own: Own) -> None:
    own.world.target.is_disposable = False


def _manifest(own: Own) -> None:
    (own.script.parents[1] / "pipeline.yaml").write_text("title: Churn")


def _function_manifest(own: Own) -> None:
    (own.folder / "lambda_src/note/function.yaml").write_text("title: Note")


def _new_script(own: Own) -> None:
    own.script.with_name("more.py").write_text("1")


def _removed_script(own: Own) -> None:
    own.script.unlink()


def _program(own: Own) -> None:
    (own.script.parents[1] / "pipeline.json").unlink()


def _empty_script(own: Own) -> None:
    own.script.write_text("")


def _binary_script(own: Own) -> None:
    own.script.write_bytes(b"\xff")


def _text_of_another_form(own: Own) -> None:
    own.script.write_text("u\u0308")


def _changed_object(own: Own) -> None:
    own.cloud.script = b"somebody else's"


def _changed_function(own: Own) -> None:
    own.cloud.version = 5
    own.package.write_bytes(b"zip 22")


def _refusal(own: Own) -> None:
    own.cloud.refuses = True


def _failed_update(own: Own) -> None:
    own.cloud.update_status = "Failed"
    own.package.write_bytes(b"zip 22")


def _older_cloud(own: Own) -> None:
    own.world.target.changed = 6


def _silent_cloud(own: Own) -> None:
    own.world.target.changed = None


def _unfinished(own: Own) -> None:
    own.world.workspace.records.forget(APPLIED)


def _other_region(own: Own) -> None:
    own.world.settings = replace(own.world.settings, region="eu-west-1")


def _other_state(own: Own) -> None:
    path = own.world.workspace.state_path
    path.write_text(path.read_text().replace('"serial": 1', '"serial": 2'))


def _no_state(own: Own) -> None:
    own.world.workspace.state_path.unlink()


def _own_configuration(own: Own) -> None:
    (own.folder / "terraform").mkdir()
    (own.folder / "terraform/own.tf").write_text(
        'locals { x = filemd5("resources/pipelines/churn/code/train.py") }'
    )


def _variable(own: Own) -> None:
    own.template.write_text(TEMPLATE.replace("bucket_name", "name_prefix"))


def _parameter(own: Own) -> None:
    own.template.write_text(TEMPLATE.replace("Least", "Most"))


def _changed_pipeline(own: Own) -> None:
    own.template.write_text(TEMPLATE.replace("0.9", "0.8"))
    own.cloud.definition = "{}"


def _edited(own: Own, edit: Callable[[dict[str, Any]], None]) -> None:
    """Let the state of the last apply be another one."""
    whole = json.loads(own.world.terraform.whole)
    edit(whole["resources"][0]["instances"][0])
    own.world.terraform.whole = json.dumps(whole)
    changed = own.script.read_bytes()
    own.script.write_bytes(own.cloud.script)
    own.up(refresh=True)
    own.script.write_bytes(changed)


def _setting(own: Own) -> None:
    _edited(own, lambda instance: instance["attributes"].update(metadata={"a": "b"}))


def _other_content(own: Own) -> None:
    _edited(own, lambda instance: instance["attributes"].update(content="another"))


def _tainted(own: Own) -> None:
    _edited(own, lambda instance: instance.update(status="tainted"))


def _no_resource(own: Own) -> None:
    _edited(own, lambda instance: instance.update(index_key="other.py"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_other_target, ""),
        (_older_cloud, "the local cloud has a state from before the last apply"),
        (_silent_cloud, "the local cloud does not tell whether its resources have changed"),
        (_unfinished, "the last apply did not end, left out resources, or a file changed meanwhile"),
        (_other_region, "the variables or the region are not those of the last apply"),
        (_other_state, "its state is not the one that the last apply left"),
        (_no_state, "its state is not the one that the last apply left"),
        (_manifest, "resources/pipelines/churn/pipeline.yaml was added"),
        (_function_manifest, "lambda_src/note/function.yaml was added"),
        (_new_script, "resources/pipelines/churn/code/more.py was added"),
        (_removed_script, "resources/pipelines/churn/code/train.py was removed"),
        (_program, "resources/pipelines/churn/code/train.py has changed"),
        (_empty_script, "it would be empty"),
        (_binary_script, "it was a text and is none"),
        (_text_of_another_form, "in no normal form"),
        (_changed_object, "its etag is not what Terraform's state says"),
        (_changed_function, "its last_modified is not what Terraform's state says"),
        (_refusal, "not you"),
        (_variable, "Bucket has a variable of Terraform's"),
        (_parameter, "more than the definition depends on Name"),
        (_changed_pipeline, "its pipeline_definition is not what Terraform's state says"),
        (_failed_update, "the status of its update is Failed"),
        (_own_configuration, "own.tf may read the files that changed"),
        (_setting, "it has metadata"),
        (_other_content, "its code in the state is not what was applied last"),
        (_tainted, "no single resource in Terraform's state has"),
        (_no_resource, "no single resource in Terraform's state has"),
    ],
)
def test_terraform_is_asked_where_anything_is_not_as_it_must_be(
    own: Own, change: Callable[[Own], None], why: str
) -> None:
    own.script.write_text("print(2)\n")
    change(own)
    assert own.sync() == ["init", f"quick apply {LOCAL.endpoint_url}"]
    said = " ".join(own.world.screen.text.split())
    assert ("Terraform is asked: " in said) == bool(why)
    assert why in said


@pytest.mark.parametrize(
    ("changed", "type_", "attribute"),
    [
        ("script", "aws_s3_object", "content"),
        ("package", "aws_lambda_function", "source_code_hash"),
        ("template", "aws_sagemaker_pipeline", "pipeline_definition"),
    ],
)
def test_after_a_kill_between_upload_and_state_terraform_uploads_whatever_the_file_is_then(
    own: Own, changed: str, type_: str, attribute: str
) -> None:
    path = getattr(own, changed)
    before = path.read_bytes()
    path.write_bytes(before.replace(b"1", b"2").replace(b"0.9", b"0.8"))
    own.cloud.kills = True
    with pytest.raises(Killed):
        own.sync()
    path.write_bytes(before)  # its author takes the change back: Terraform would find nothing to change
    assert own.attributes(type_)[attribute] == ""
    assert own.sync() == ["init", f"quick apply {LOCAL.endpoint_url}"]
    assert own.up() == ["init", f"apply {LOCAL.endpoint_url}"]


def test_a_script_in_a_linked_folder_is_seen_as_terraform_sees_it(own: Own) -> None:
    elsewhere = own.folder / "elsewhere"
    own.script.parents[1].rename(elsewhere)
    own.script.parents[1].symlink_to(elsewhere, target_is_directory=True)
    (elsewhere / "code/loop").symlink_to(elsewhere, target_is_directory=True)
    assert own.sync() == []
    own.script.write_text("print(2)\n")
    assert own.sync() == []
    assert own.cloud.script == b"print(2)\n"


def test_what_is_saved_while_up_prepares_is_left_to_the_next_one(own: Own) -> None:
    class Slow(FakeTarget):
        def start(self) -> Deployment:
            own.script.with_name("pipeline.py").write_text("after the programs have run")
            return super().start()

    own.world.target = Slow(changed=7)
    assert own.up(refresh=True) == own.up() == ["init", f"apply {LOCAL.endpoint_url}"]
    assert own.up() == []


@pytest.mark.parametrize(
    "text",
    [
        'resource "aws_s3_object" "a" { etag = filemd5("${local.project_directory}/data/a.csv") }',
        'locals { a = file("${path.module}/../a.csv") }',
        'locals { a = templatefile("/data/a.tftpl", {}) }',
        "locals { a = [for one in fileset(var.folder, '**') : one] }",
        'data "archive_file" "a" { type = "zip" }',
        'module "a" { source = "../../modules/a" }',
        "locals { a = timestamp() }",
    ],
)
def test_a_configuration_that_reads_elsewhere_is_always_terraforms(own: Own, text: str) -> None:
    own.configuration.parent.mkdir()
    own.configuration.write_text(text)
    asked = ["init", f"apply {LOCAL.endpoint_url}"]
    assert own.up() == own.up() == asked
    assert "own.tf may read files outside" in " ".join(own.world.screen.text.split())


@pytest.mark.parametrize(
    "text",
    [
        'locals { a = file("${path.module}/a.json") }',
        'locals { a = fileset(path.module, "*.json") }',
        'locals { a = file("a.json") }',
        'locals { a = filemd5("${local.project_directory}/resources/pipelines/churn/code/train.py") }',
        'data "aws_region" "a" {}',
        'module "a" { source = "./modules/a" }',
    ],
)
def test_a_configuration_that_reads_the_projects_files_is_not(own: Own, text: str) -> None:
    own.configuration.parent.mkdir()
    own.configuration.write_text(text)
    own.up(refresh=True)
    assert own.up() == []
