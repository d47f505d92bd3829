"""The settings there are: their names, their defaults, and how what the user wrote is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from driver.model.choices import DEFAULT_IAM, IamMode, TargetName
from driver.model.exceptions import WrongUseError

DEFAULT_REGION = "us-west-2"  # the only region with SageMaker geospatial
LAST_PORT = 65535
MOST_AT_ONCE = 100  # executions that one command starts and follows side by side
# `sagestep-` before it makes the name prefix, which may have 20 characters: jobs' names have 63 in all.
_ENVIRONMENT = re.compile("[a-z][a-z0-9-]{0,10}")
_FOLDER = re.compile("[a-z0-9][a-z0-9_-]*")
_NAME_PREFIX = re.compile("[a-z][a-z0-9-]{1,30}")  # as in terraform/variables.tf
_REGION = re.compile("[a-z]{2}(-[a-z]+)+-[0-9]")  # the same
# As browsers write it (RFC 6454): scheme and host in lowercase, the port unless it is the scheme's, no path.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class Kind(Enum):
    """How a setting is written."""

    TEXT = auto()
    SWITCH = auto()  # its flag takes no value; elsewhere it is true or false
    LIST = auto()  # its flag may be given several times; elsewhere there are commas between, or a TOML array


@dataclass(frozen=True, slots=True)
class Option:
    """A setting.

    - `name`: in `sagestep.toml`; the flag and the variable are made of it: `--port`, `SAGESTEP_PORT`.
    - `default`: the value if nobody gives one; None where that is decided later, as `about` says.
    - `read`: reads what was written (a text, and where it was written); raises WrongUseError.
    - `has_flag`: whether it can be typed on the command line.
    - `is_retired`: whether nobody can give it any more; whoever does is told what to write instead.
    """

    name: str
    about: str
    default: object
    read: Callable[[str, str], object]
    has_flag: bool = True
    kind: Kind = Kind.TEXT
    is_retired: bool = False

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"SAGESTEP_{self.name.upper()}"

    @property
    def help(self) -> str:
        """What `--help` says of the flag."""
        return f"{self.about}; or set {self.variable}"


def whole_number(text: str, source: str, lowest: int, highest: int | None = None) -> int:
    """Read a number the user typed.

    `lowest`, `highest`: the bounds, both included. Raises `WrongUseError` if it is no whole number within the
    bounds.
    """
    number = int(text) if text.strip().isascii() and text.strip().isdigit() else None
    if number is None or number < lowest or (highest is not None and number > highest):
        bounds = f"of {lowest} or more" if highest is None else f"from {lowest} to {highest}"
        raise WrongUseError(f"{source} is {text!r}.", f"It must be a whole number {bounds}.")
    return number


def _number(lowest: int, highest: int | None = None) -> Callable[[str, str], int]:
    return lambda text, source: whole_number(text, source, lowest, highest)


def _text(text: str, _source: str) -> str:
    return text


def _one_of(what: str, *known: str) -> Callable[[str, str], str]:
    def read(text: str, source: str) -> str:
        if text not in known:
            raise WrongUseError(f"{source} is {text!r}.", f"The {what} are {', '.join(known)}.")
        return text

    return read


def _matching(pattern: re.Pattern[str], must_be: str) -> Callable[[str, str], str]:
    def read(text: str, source: str) -> str:
        if not pattern.fullmatch(text):
            raise WrongUseError(f"{source} is {text!r}.", f"It must be {must_be}.")
        return text

    return read


def _switch(text: str, source: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise WrongUseError(f"{source} is {text!r}.", "It must be true or false.")
    return text.lower() in _YES


def _origins(text: str, source: str) -> tuple[str, ...]:
    origins = tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise WrongUseError(
                f"{source} is {origin!r}.",
                "An origin is a scheme, a host and a port, in lowercase and without a path: http://localhost:3000.",
            )
    return origins


def _names(text: str, source: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))
    for name in names:
        if not _FOLDER.fullmatch(name):
            raise WrongUseError(
                f"{source} is {name!r}.", "A name is that of a folder: lowercase letters, digits, - and _."
            )
    return names


def _refuse_geocoder(_text: str, source: str) -> str:
    raise WrongUseError(
        f"{source} is no setting any more.",
        "The two geocoders are two pipelines now: geospatial (it was vector_enrichment) and geocoding (it "
        "was processing). Both are deployed unless you choose.",
        "Run one with `invoke run-pipeline --pipeline geocoding`. To deploy it alone, write "
        'pipelines = ["geocoding"] in sagestep.toml.',
    )


def _target(text: str, source: str) -> TargetName:
    return TargetName(_one_of("targets", *TargetName)(text, source))


ENVIRONMENT = Option(
    "env",
    "name of an environment with a deployment of its own, such as staging (default: none)",
    "",
    _matching(_ENVIRONMENT, "up to 11 lowercase letters, digits and hyphens, a letter first"),
)
OPTIONS = (
    ENVIRONMENT,
    Option("target", "local (default), localstack or aws", TargetName.LOCAL, _target),
    Option(
        "region",
        "AWS region (default us-west-2, where geospatial jobs are)",
        None,
        _matching(_REGION, "the code of an AWS region, such as us-west-2"),
    ),
    Option("port", "port of the local cloud (default 4566)", None, _number(1, LAST_PORT)),
    Option(
        "open",
        "let every program and user of this machine use the local cloud without its key, and with it run "
        "code as you",
        None,
        _switch,
        kind=Kind.SWITCH,
    ),
    Option(
        "allow_origin",
        "origin of web pages that may use the local cloud, as http://localhost:3000; as often as needed",
        None,
        _origins,
        kind=Kind.LIST,
    ),
    Option(
        "iam",
        f"what the local cloud does about a denial by IAM: {IamMode.ENFORCE} it, {IamMode.AUDIT} (serve the "
        f"request, record the denial) or {IamMode.OFF} (default {DEFAULT_IAM})",
        None,
        _one_of("modes", *IamMode),
    ),
    Option(
        "deployer_policy",
        "file with the IAM policy, in JSON, of the key that deploys to the local cloud (default: it may do "
        "everything)",
        None,
        _text,
        has_flag=False,
    ),
    Option(
        "pipelines",
        "names of the pipelines that are deployed (default: each in resources/pipelines)",
        None,
        _names,
        has_flag=False,
        kind=Kind.LIST,
    ),
    Option(
        "default_pipeline",
        "pipeline that runs where none is named (default: the only one, or the one whose manifest says so)",
        None,
        _text,
        has_flag=False,
    ),
    Option(
        "workflows",
        "names of the workflows that are deployed (default: each in resources/workflows)",
        None,
        _names,
        has_flag=False,
        kind=Kind.LIST,
    ),
    Option("geocoder", "gone: pipelines takes its place", None, _refuse_geocoder, is_retired=True),
    Option(
        "name_prefix",
        "first part of every resource's name (default sagestep, then the environment's name)",
        None,
        _matching(_NAME_PREFIX, "2 to 31 lowercase letters, digits and hyphens, a letter first"),
        has_flag=False,
    ),
    Option(
        "timeout",
        # A vector enrichment job takes minutes on AWS.
        "seconds until the execution must have ended (default 1800)",
        1800,
        _number(1),
    ),
    Option("rows", "how many rows of the result to show (default 5)", 5, _number(0)),
    Option(
        "parallel",
        "how many executions to run side by side, where there are several (default 4)",
        4,
        _number(1, MOST_AT_ONCE),
    ),
    Option("home", "folder of states, logs and downloads (default .sagestep)", None, _text, has_flag=False),
    Option(
        "cloud_python",
        "Python of an environment with the local cloud (default: one that sagestep makes)",
        None,
        _text,
        has_flag=False,
    ),
    Option(
        "provider_mirror",
        "folder that Terraform's providers are taken from (default: their registry)",
        None,
        _text,
        has_flag=False,
    ),
)
BY_NAME = {option.name: option for option in OPTIONS}
