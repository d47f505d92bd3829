"""Notebook instances: listed, and really none, since nothing in the local cloud makes one."""

from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.wire.pagination import page
from localcloud.sagemaker.wire.requests import Answer, present

_NONE: tuple[str, ...] = ()


def list_notebook_instances(call: Call) -> Answer:
    """List the notebook instances, of which none can match a filter."""
    found, token = page(call.request, _NONE, lambda name: (name,), descending=False)
    return present(NotebookInstances=found, NextToken=token)
