"""A Lambda function's code, packed and sent by the SDK: says whether a model is good, and which it is."""


def handler(event: dict[str, str], context: object) -> dict[str, str]:
    verdict = "fine" if float(event["accuracy"]) > 0.5 else "poor"
    return {"verdict": verdict, "model": event["model"]}
