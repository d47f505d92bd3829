"""Containers of jobs and endpoints: how an image URI becomes something that runs.

`images` finds what an image URI means, `program` runs a registered program as local processes, `docker` a
real image. Nothing here knows SageMaker's API; what both sides of it share is in `container`.
"""
