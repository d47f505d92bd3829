"""SageMaker hosting: models, endpoint configurations, and endpoints whose servers really run.

`lifecycle` decides (pure), `endpoint` and `server` act, `*_operations` speak the API, `runtime_api` is
InvokeEndpoint. `operations.OPERATIONS` is what the service offers.
"""
