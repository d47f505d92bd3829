"""Notes which model was registered."""


def lambda_handler(event: dict[str, str], _context: object) -> dict[str, str]:
    """Say what was registered, and how good it is."""
    print(f"noted {event['model_package_arn']}")
    return {"note": f"accuracy {event['accuracy']}"}
