"""What a function answers about the messages of a batch.

Source: AWS Lambda developer guide, "Implementing partial batch responses with Lambda and Amazon SQS".
"""

import json


def is_readable(answer: object) -> bool:
    """Tell whether an answer names the failed messages, or says that there are none; else all have failed.

    An empty answer, null, and an empty list or null of failures are a success of the whole batch.
    """
    if isinstance(answer, (str, bytes)):
        if not answer:
            return True
        try:
            answer = json.loads(answer)
        except ValueError:
            return False
    if answer is None:
        return True
    if not isinstance(answer, dict):
        return False
    failures = answer.get("batchItemFailures")
    if failures is None:
        return True
    return isinstance(failures, list) and all(
        isinstance(one, dict) and isinstance(one.get("itemIdentifier"), str) and one["itemIdentifier"]
        for one in failures
    )
