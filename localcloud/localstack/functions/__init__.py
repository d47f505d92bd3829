"""Lambda functions as processes of this machine, on AWS's own runtime client ``awslambdaric``.

``exchange`` hands invocations over, ``runtime_api`` speaks HTTP with the function's process, ``sandbox``
owns that process, ``faults`` and ``report`` hold AWS's words; ``executor`` gives all of it to LocalStack
and is the only module here that imports it.
"""
