"""Pipelines: what a definition says, and how an execution of it goes.

Pure: `paths`, `expressions`, `conditions`, `parameters`, the step types, `graph` and `definition`
read a definition and refuse a wrong one; `state` and `engine` decide what happens next.
Thin: `runtime` carries out what the engine decides, on the threads of `localcloud.sagemaker.workers`.
"""
