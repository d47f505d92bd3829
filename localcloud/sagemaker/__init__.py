"""SageMaker of the local cloud: pipelines whose Lambda, Callback, Condition and Fail steps really run.

`api` speaks the wire's requests and answers, `store` keeps what exists, `pipelines` knows definitions
and executes them. Nothing here knows LocalStack: other services are reached through `localcloud.ports`.
"""
