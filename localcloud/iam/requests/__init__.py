"""What a request to a service asks for: actions on resources, and the condition keys that it gives; pure.

A request is an operation of a service with its members as botocore's model names them. What only the services
know (the path of a role, the key behind an alias) they are asked for.
"""
