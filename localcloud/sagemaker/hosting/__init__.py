"""SageMaker hosting: endpoints whose servers really run.

`lifecycle` decides (pure), `endpoint` and `server` act, `runtime_api` is InvokeEndpoint.
"""
