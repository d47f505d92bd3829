"""What a Distributed Map exports to S3, and the output of its state."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.common.query_language import QueryLanguage
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.result_writer.resource_eval.resource_eval_s3 import (  # noqa: E501
    ResourceEvalS3,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.result_writer.result_writer_decl import (  # noqa: E501
    ResultWriter,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.state_map import StateMap
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.parse.preprocessor import Preprocessor
from localstack.utils.patch import patch

from localcloud.localstack.children import SUCCEEDED
from localcloud.localstack.patches.maps import own_field
from localcloud.localstack.result_files import WriterConfig, manifest, result_files, results


def apply() -> None:
    """Apply all patches of this module."""
    read_writers_of_both_languages()
    let_results_be_written()


def read_writers_of_both_languages() -> None:
    """Defect: a ResultWriter in JSONata is an error, for its Parameters as for its Arguments.

    Its Arguments are read of the definition itself: `let_results_be_written`.
    """

    @patch(Preprocessor.visitResult_writer_decl)
    def visit(original: Callable[..., ResultWriter], self: Preprocessor, ctx: Any) -> ResultWriter:
        self._query_language_per_scope.append(QueryLanguage())  # JSONPath
        try:
            return original(self, ctx)
        finally:
            self._query_language_per_scope.pop()


def let_results_be_written() -> None:
    """Defects: the manifest names no results, and tells of the last Map Run; one that failed writes none.

    There is no WriterConfig.
    """

    def put_object(env: Environment, runtime_part: Any, credentials: Any) -> None:
        parameters, _ = env.stack.pop(), env.stack.pop()
        run = env.map_run_record_pool_manager.get(env.progress.map_run)
        writer, fill = own_field(env, "ResultWriter")
        config = WriterConfig.read(writer.get("WriterConfig", {}), is_exported="Resource" in writer)
        arns = {"execution": run.execution_prefix, "machine": run.map_state_machine_arn}
        if "Resource" not in writer:
            succeeded = [one for one in run.children if one.status == SUCCEEDED]
            env.stack.append(config.state_output(results(succeeded, config, arns, datetime.now(UTC))))
            return
        parameters = fill(writer["Arguments"]) if "Arguments" in writer else parameters
        bucket, prefix = parameters.get("Bucket"), str(parameters.get("Prefix") or "")
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        folder += f"{run.map_run_arn.rpartition(':')[2]}/"
        if run.redrive_count:
            folder += f"Redrive-{run.redrive_count}/"
        client = ResourceEvalS3._get_s3_client(runtime_part, credentials)
        since = run.redrive_date
        children = [
            one for one in run.children if since is None or one.stopped is None or one.stopped >= since
        ]
        contents, entries = result_files(children, folder, arns, datetime.now(UTC), config)
        for key, content in contents.items():
            client.put_object(Bucket=bucket, Key=key, Body=content)
        for group, listed in entries.items():
            run.files.setdefault(group, []).extend(listed)
        key = f"{folder}manifest.json"
        client.put_object(Bucket=bucket, Key=key, Body=manifest(bucket, run.map_run_arn, run.files))
        details = {"Bucket": bucket, "Key": key}
        env.stack.append({"MapRunArn": run.map_run_arn, "ResultWriterDetails": details})

    ResourceEvalS3._handle_put_object = staticmethod(put_object)

    @patch(StateMap._eval_execution)
    def _eval_execution(original: Callable[..., None], self: StateMap, env: Environment) -> None:
        try:
            original(self, env)
        except FailureEventException as error:
            told = error.extract_error_cause_pair()
            exceeded = StatesErrorNameType.StatesExceedToleratedFailureThreshold.to_name()
            writer = own_field(env, "ResultWriter")[0]
            if self.result_writer and "Resource" in writer and told and told[0] == exceeded:
                env.stack.append([])
                self.result_writer.eval(env)
            raise
