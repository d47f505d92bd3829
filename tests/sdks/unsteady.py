"""A Lambda function's code: raises at the first two attempts of a task; its event tells which one it is."""


class UnsteadyError(Exception):
    pass


def handler(event: dict[str, int], context: object) -> dict[str, int]:
    if event["attempt"] < 2:
        raise UnsteadyError(f"attempt {event['attempt']}")
    return event
