"""SageMaker of the local cloud: pipelines, jobs, endpoints and the model registry, really carried out.

`api` takes a request and finds its operation, `operations` has a file for each kind of resource, `store`
keeps what exists; `pipelines`, `jobs` and `hosting` execute. Nothing here knows LocalStack: other services
are reached through `localcloud.ports`.
"""
