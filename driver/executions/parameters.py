"""What a pipeline execution is started with: its parameters, and what they say of the results. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from driver.manifests.complaints import suggestion
from driver.manifests.parameters import RUN_ID, Parameter
from driver.model.exceptions import WrongUseError
from driver.model.values import DeployedPipeline, Outputs

Place = tuple[str, str]  # a bucket and a prefix; both empty where there is none
INPUT, OUTPUT, RUN = "${input_uri}", "${output_uri}", "${run_id}"
_LONGEST = 1024  # characters of a parameter's value, on AWS
_NAMED = 5  # wrong values that are named one by one
_FILLED_IN = re.compile(r"\$\{\w+\}")


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


def check_settings(pipeline: str, known: Sequence[str] | None, given: Mapping[str, str]) -> dict[str, str]:
    """Return the same values of parameters.

    Raises `WrongUseError` if one is none of the pipeline's parameters (None: not known), or is empty or too
    long.
    """
    for name, value in given.items():
        if known is not None and name not in known:
            hint = suggestion(name, known) if known else "it has none"
            raise WrongUseError(
                f"The pipeline {pipeline} has no parameter {name!r}.",
                f"{hint[:1].upper()}{hint[1:]}{'' if hint.endswith('?') else '.'}",
            )
        if not 0 < len(value) <= _LONGEST:
            raise WrongUseError(
                f"The value of parameter {name} has {len(value)} characters.",
                f"SageMaker takes 1 to {_LONGEST}.",
            )
    return dict(given)


def check_values(
    pipeline: str,
    parameters: Sequence[Parameter],
    executions: Sequence[Mapping[str, str]],
    *,
    by_state_machine: bool,
    is_complete: bool = True,
) -> None:
    """Check the values of executions before anything is uploaded or started; what is wrong is told at once.

    Parameters
    ----------
    pipeline
        Its name.
    parameters
        Those that its definition declares.
    executions
        The values of each: of its manifest, in which placeholders are not yet filled in, and those given.
    by_state_machine
        Whether the state machine starts them, which gives a value of its own.
    is_complete
        Whether these are all values that the executions will have.

    Raises
    ------
    WrongUseError
        If one has the wrong type, is not among those allowed or cannot be given, or if one is missing.
    """
    found = [_faults(parameters, values, by_state_machine, is_complete) for values in executions]
    common = [text for text in (found[0] if found else ()) if all(text in other for other in found)]
    wrong = common + [
        f"Item {number}: {text}"
        for number, faults in enumerate(found, start=1)
        for text in faults
        if text not in common
    ]
    if wrong:
        names = sorted({name for faults in found for named in faults.values() for name in named})
        settings = " ".join(f"--set {name}=VALUE" for name in names)
        raise WrongUseError(
            f"Pipeline {pipeline} cannot be started with these parameters.",
            "\n".join(wrong[:_NAMED] + (["…"] if len(wrong) > _NAMED else [])),
            f"Add {settings}." if settings else f"Leave {RUN_ID} out.",
        )


def _faults(
    parameters: Sequence[Parameter], values: Mapping[str, str], by_state_machine: bool, is_complete: bool
) -> dict[str, list[str]]:
    """Say what is wrong with the values of one execution, each with the parameters to set."""
    faults: dict[str, list[str]] = {}
    missing = []
    for parameter in parameters:
        name, text = parameter.name, values.get(parameter.name)
        if by_state_machine and name == RUN_ID:
            if text is not None:
                faults[f"{name} cannot be given: the state machine sets it"] = []
        elif text is None:
            if is_complete and not parameter.has_default:
                missing.append(name)
        elif not _FILLED_IN.search(text) and (complaint := parameter.complaint(text)):
            faults[f"{name}: {complaint}"] = [name]
    if missing:
        faults[f"without a value and a default: {', '.join(missing)}"] = missing
    return faults


def fill(pipeline: DeployedPipeline, input_uri: str, output_uri: str, name: str) -> dict[str, str]:
    """Fill in a pipeline's parameters for one execution; what needs an input is left out without one."""
    values = {INPUT: input_uri, OUTPUT: output_uri, RUN: name}
    return {
        parameter: _FILLED_IN.sub(lambda found: values.get(found[0], found[0]), text)
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
