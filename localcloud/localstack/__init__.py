"""The room that knows LocalStack: it carries our services, runs Lambda functions and starts the runtime.

Nothing outside this folder imports ``localstack``; nothing in here knows what a pipeline is.
"""
