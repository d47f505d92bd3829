"""What a pipeline execution is started with: its parameters, and what they say of the results. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from driver.manifests.complaints import suggestion
from driver.model.exceptions import WrongUseError
from driver.model.values import DeployedPipeline, Outputs

Place = tuple[str, str]  # a bucket and a prefix; both empty where there is none
INPUT, OUTPUT, RUN = "${input_uri}", "${output_uri}", "${run_id}"
_LONGEST = 1024  # characters of a parameter's value, on AWS


def takes_input(pipeline: DeployedPipeline) -> bool:
    """Tell whether a parameter gets the address of the input."""
    return any(INPUT in text for text in pipeline.parameters.values())


def gives_output(pipeline: DeployedPipeline) -> bool:
    """Tell whether a parameter says where the result is to be."""
    return any(OUTPUT in text for text in pipeline.parameters.values())


def output_place(outputs: Outputs, name: str) -> Place:
    """Choose bucket and prefix for the result of an execution that is started under a name."""
    return outputs.bucket_name, f"outputfiles/{name}/"


def read_settings(words: Sequence[str]) -> dict[str, str]:
    """Read parameters as they are typed: `NAME=VALUE`. Raises `WrongUseError` if one has no `=`."""
    given: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise WrongUseError(f"--set {word!r} sets nothing.", "It must be PARAMETER=VALUE.")
        given[name] = value
    return given


def check_settings(given: Mapping[str, str], pipeline: DeployedPipeline) -> Mapping[str, str]:
    """Return the same values of parameters.

    Raises `WrongUseError` if one is none of the pipeline's parameters, or is empty or too long.
    """
    known = pipeline.parameter_names
    for name, value in given.items():
        if known and name not in known:
            hint = suggestion(name, known)
            raise WrongUseError(
                f"The pipeline {pipeline.name} has no parameter {name!r}.",
                f"{hint[:1].upper()}{hint[1:]}{'' if hint.endswith('?') else '.'}",
            )
        if not 0 < len(value) <= _LONGEST:
            raise WrongUseError(
                f"The value of parameter {name} has {len(value)} characters.",
                f"SageMaker takes 1 to {_LONGEST}.",
            )
    return given


def fill(pipeline: DeployedPipeline, input_uri: str, output_uri: str, name: str) -> dict[str, str]:
    """Fill in a pipeline's parameters for one execution; what needs an input is left out without one."""
    values = {INPUT: input_uri, OUTPUT: output_uri, RUN: name}
    return {
        parameter: re.sub(r"\$\{\w+\}", lambda found: values.get(found[0], found[0]), text)
        for parameter, text in pipeline.parameters.items()
        if input_uri or INPUT not in text
    }


def result_place(pipeline: DeployedPipeline, parameters: Mapping[str, str]) -> Place:
    """Find out by an execution's parameters, whoever started it, where its result is."""
    for name, template in pipeline.parameters.items():
        if OUTPUT in template and name in parameters:
            uri = urlsplit(_found(OUTPUT, _parsed(template), _parsed(parameters[name])))
            if uri.scheme == "s3":
                return uri.netloc, uri.path.removeprefix("/")
    return "", ""


def chosen(pipeline: DeployedPipeline, parameters: Mapping[str, object]) -> dict[str, object]:
    """Leave of an execution's parameters what was chosen for it: its `input`, and what no manifest says.

    Left out are values that are as the manifest has them, the place of the result and the run's name.
    """
    found: dict[str, object] = {}
    for name, value in parameters.items():
        template, given = _parsed(pipeline.parameters.get(name, "")), _parsed(str(value))
        if input_uri := _found(INPUT, template, given):
            found["input"] = input_uri
        elif template != given and not any(_found(word, template, given) for word in (OUTPUT, RUN)):
            found[name] = value
    return found


def _found(word: str, template: object, value: object) -> str:
    """Find in a value what stands where the template has a word; nothing if it is not there."""
    if isinstance(template, dict) and isinstance(value, dict):
        inner = (_found(word, part, value[key]) for key, part in template.items() if key in value)
        return next(filter(None, inner), "")
    if isinstance(template, str) and isinstance(value, str) and word in template:
        before, _, after = template.partition(word)
        is_alike = value.startswith(before) and value.endswith(after)
        return value[len(before) : len(value) - len(after)] if is_alike else ""
    return ""


def _parsed(text: str) -> object:
    """Read a configuration, JSON in a text; any other text is itself."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict) else text
