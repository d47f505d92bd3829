"""What the guided tour says to someone who has never seen SageMaker. Pure: texts and their layout."""

from __future__ import annotations

from driver.host.wording import wrapped
from driver.model.choices import TargetName

STUDIO = "https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-studio.html"

WELCOME = (
    "Welcome to the guided tour through an Amazon SageMaker pipeline.",
    """A pipeline is a chain of steps that SageMaker runs one after the other. This one turns coordinates
    into addresses: it starts a geocoding job, waits for it, exports the result, and waits for that too.""",
    """You will deploy it, run it on a file of coordinates, look at the result, and decide what of it all is
    to stay. Ctrl-C leaves at any time.""",
)
PLACES = {
    TargetName.LOCAL: """All of it happens on this computer, in a local cloud that answers as AWS would: no
        account is needed, and nothing costs anything.""",
    TargetName.LOCALSTACK: "All of it happens in the LocalStack that you run: nothing costs anything.",
    TargetName.AWS: """All of it happens in your AWS account, which is shown before anything is made there.
        That is not free: the geocoding job and what is stored are charged.""",
}
SETTING_UP = (
    "First: set up what the pipeline needs",
    "Terraform makes it all, and leaves alone what is there already:",
)
RESOURCES = (
    ("roles", "say what each part may do, and nothing beyond that"),
    ("bucket", "holds the file of coordinates, and later the addresses"),
    ("queue", "carries word from the pipeline to a function when a step waits for an answer"),
    ("functions", "are the program: they start the job, look after it, and answer the pipeline"),
    ("pipeline", "is the chain of steps itself"),
    ("state machines", "start the pipeline and wait for its end; others train and deploy models"),
)
RUNNING = (
    "Next: run the pipeline",
    """The file goes into the bucket, and the state machine starts the pipeline on it. A step that waits for
    the job puts a message into the queue; a function takes it out, asks how the job is, and answers the step
    when it has ended. You see each step as it begins and ends.""",
)
LOOKING = (
    "Where to look further",
    """`invoke executions` lists what has run, and `invoke status` tells what is deployed. On AWS you can look
    at the pipeline and its executions in SageMaker Studio:""",
)
CLEANING_UP = (
    "Last: clean up",
    """You are asked about each thing that was made. What you keep is kept with all that it needs, and
    `invoke up` takes it back in the next time. Nothing goes before the last question.""",
)
CLEANING_UP_UNASKED = ("Last: clean up", "All that was made goes, as --yes says; downloaded results stay.")
THE_END = "The tour is complete."


def banner(title: str, width: int) -> str:
    """Draw a title between two rules."""
    rule = "-" * width
    return f"\n{rule}\n{wrapped(title, width)}\n{rule}"


def listed(items: tuple[tuple[str, str], ...], width: int) -> str:
    """Write a list of things and what each is for."""
    return "\n".join(wrapped(f"{name} {what}", width, first="  - ", rest="    ") for name, what in items)
