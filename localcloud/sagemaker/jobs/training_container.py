"""What a training container finds: files under ``/opt/ml/input/config``, and environment variables.

Sources: developer guide, "How Amazon SageMaker Provides Training Information" (files, TRAINING_JOB_NAME,
TRAINING_JOB_ARN); ENVIRONMENT_VARIABLES.md of the sagemaker-training toolkit (``SM_*``). On AWS the toolkit,
inside the image, sets the latter; here they are set for every image, as a program has no toolkit.

A variable may have 128 KiB on Linux (execve(2), MAX_ARG_STRLEN); all hyperparameters together may have more.
On AWS a program finds them in a file, whatever their size, and the toolkit fails ("Argument list too long").
Here variables that do not fit are left out, and the job's log says so.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from localcloud.containers.container import ML
from localcloud.sagemaker.jobs.hosts import (
    Host,
    Hosts,
    instance_groups,
    members,
    names_of,
    resource_config,
)
from localcloud.sagemaker.jobs.job import JobInfo
from localcloud.sagemaker.wire.requests import Request, mapping, structure

_TOOLKIT = "SM_"
_FRAMEWORK = "sagemaker_"  # Hyperparameters of the SDK's own, which are none to a script.
_LONGEST_VARIABLE = 128 * 1024  # bytes of NAME=value and a zero behind it
_INPUT, _CONFIG, _DATA = f"{ML}/input", f"{ML}/input/config", f"{ML}/input/data"


def input_data_config(request: Request) -> dict[str, dict[str, str]]:
    """Give the content of inputdataconfig.json: what each channel is."""
    mode = structure(request, "AlgorithmSpecification").text("TrainingInputMode")
    channels: dict[str, dict[str, str]] = {}
    for channel in request.structures("InputDataConfig"):
        source = structure(structure(channel, "DataSource"), "S3DataSource")
        described = {
            "TrainingInputMode": channel.optional_text("InputMode") or mode,
            "S3DistributionType": source.optional_text("S3DataDistributionType") or "FullyReplicated",
            "RecordWrapperType": "None",
        }
        if content_type := channel.optional_text("ContentType"):
            described["ContentType"] = content_type
        channels[channel.text("ChannelName")] = described
    return channels


def write_input_config(request: Request, ml_root: Path, own: Host, hosts: Hosts) -> None:
    """Write the three files and make the directories that a program may write to."""
    folder = ml_root / "input" / "config"
    folder.mkdir(parents=True)
    for name in ("model", "output/data", "code", "input/data"):
        (ml_root / name).mkdir(parents=True)
    files = {
        "hyperparameters": mapping(request, "HyperParameters"),
        "inputdataconfig": input_data_config(request),
        "resourceconfig": resource_config(own, hosts),
    }
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")


def training_environment(
    info: JobInfo, variables: Mapping[str, str], own_host: Host, hosts: Hosts
) -> dict[str, str]:
    """Build the environment; what the request's Environment says wins."""
    request = info.request
    names = names_of(hosts)
    config = resource_config(own_host, hosts)
    groups = {str(group["instance_group_name"]): group for group in instance_groups(hosts)}
    given = mapping(request, "HyperParameters")
    own = {name: _decoded(value) for name, value in given.items() if not name.startswith(_FRAMEWORK)}
    framework = {name: _decoded(value) for name, value in given.items() if name.startswith(_FRAMEWORK)}
    channels = input_data_config(request)
    directories = {name: f"{_DATA}/{name}" for name in channels}
    facts: dict[str, object] = {
        "hosts": names,
        "current_host": own_host.name,
        "current_instance_type": own_host.instance_type,
        "current_instance_group": own_host.group,
        "current_instance_group_hosts": members(own_host.group, hosts),
        "instance_groups": list(groups),
        "instance_groups_dict": groups,
        "is_hetero": len(groups) > 1,
        "network_interface_name": "eth0",
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
        "log_level": 20,
        "input_dir": _INPUT,
        "input_config_dir": _CONFIG,
        "output_dir": f"{ML}/output",
        "output_data_dir": f"{ML}/output/data",
        "output_intermediate_dir": f"{ML}/output/intermediate",
        "model_dir": f"{ML}/model",
        "resource_config": config,
        "input_data_config": channels,
    }
    training_env = {
        **facts,
        "channel_input_dirs": directories,
        "hyperparameters": own,
        "additional_framework_parameters": framework,
        "job_name": info.name,
        "is_master": own_host.name == names[0],
        "master_hostname": names[0],
    }
    toolkit: dict[str, object] = {
        **facts,
        "hps": own,
        "framework_params": framework,
        "channels": sorted(channels),
        "user_args": [part for name, value in own.items() for part in (f"--{name}", _encoded(value))],
        "training_env": training_env,
        **{f"channel_{name}": directory for name, directory in directories.items()},
        **{f"hp_{name}": value for name, value in own.items() if "=" not in name},
    }
    return {
        **variables,
        **{f"{_TOOLKIT}{name.upper()}": _encoded(value) for name, value in toolkit.items()},
        "TRAINING_JOB_NAME": info.name,
        "TRAINING_JOB_ARN": info.arn,
        "CURRENT_HOST": own_host.name,
        **mapping(request, "Environment"),
    }


def fitting(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Give the variables that a program can be given, and the names of the toolkit's that it cannot."""
    kept, left_out = {}, []
    for name, value in environment.items():
        size = len(f"{name}={value}".encode()) + 1
        if name.startswith(_TOOLKIT) and (size > _LONGEST_VARIABLE or "\0" in f"{name}{value}"):
            left_out.append(name)
        else:
            kept[name] = value
    return kept, left_out


def _decoded(value: str) -> object:
    """Read a hyperparameter as the toolkit does: JSON where it is any, else the text."""
    try:
        decoded = json.loads(value)
        json.dumps([[[decoded]]])  # So deep it will be written: what cannot be, stays a text.
    except (ValueError, RecursionError):
        return value
    return decoded


def _encoded(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
