"""Container images that run without Docker: what is in them, their environments, what the cloud is told.

An image is a folder with an `image.yaml`. On the local cloud its programs run in a virtual environment with
its packages; on AWS its `Dockerfile` is built. AWS's frameworks, in `aws/`, belong to every project.
"""
