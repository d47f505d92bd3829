"""How SageMaker's objects are written: as what they are, without what runs them."""

from functools import lru_cache

from localcloud.localstack.state.codec import Codec, Name, Reduced
from localcloud.ports import Caller
from localcloud.sagemaker.api import SageMaker
from localcloud.sagemaker.jobs.job import Job
from localcloud.sagemaker.pipelines.definition import Definition, parse_definition
from localcloud.sagemaker.pipelines.runtime import Execution
from localcloud.sagemaker.store import Store


@lru_cache(maxsize=256)
def _definition(text: str) -> Definition:
    return parse_definition(text)


def teach(codec: Codec, service: SageMaker) -> None:
    """Let executions and jobs be parts."""

    def execution(one: Execution) -> Reduced:
        account, region = one.info.pipeline_arn.split(":")[4], one.info.pipeline_arn.split(":")[3]
        return _execution, (service, service.store(Caller(account, region)), one.info, one.state)

    def job(one: Job) -> Reduced:
        return _job, (service, one.info, one.publisher.describe, one.state, one.details)  # type: ignore[attr-defined]

    codec.names |= {SageMaker: lambda _: ("sagemaker",), Store: _name_of_store}
    codec.found |= {
        "sagemaker": lambda: service,
        "sagemaker-store": lambda account, region: service.store(Caller(account, region)),
    }
    codec.reducers |= {
        Caller: lambda one: (Caller, (one.account_id, one.region)),
        Definition: lambda one: (_definition, (one.text,)),
        Execution: execution,
        Job: job,
    }
    codec.revisions |= {
        Execution: lambda one: (one.state, one.info),
        Job: lambda one: (one.state, one.info, len(one.details)),
    }


def _name_of_store(store: Store) -> Name:
    return "sagemaker-store", store.caller.account_id, store.caller.region


def _execution(service: SageMaker, store: Store, *saved: object) -> Execution:
    return service.revival.execution(store, *saved)  # type: ignore[arg-type]


def _job(service: SageMaker, *saved: object) -> Job:
    return service.revival.jobs.revive(*saved)  # type: ignore[arg-type]
