"""What can go wrong with a pipeline: in its definition, or while a step of it runs."""


class DefinitionError(Exception):
    """A pipeline definition is wrong; the message says where and why."""


class StepError(Exception):
    """A step cannot go on; the message becomes its FailureReason.

    AWS opens the reason with the class of the error, ``ClientError:`` where the caller is to blame.
    """
