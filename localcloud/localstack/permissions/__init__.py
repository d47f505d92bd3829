"""The gate's second half: whether IAM allows a request whose signature is right.

`handler` stands behind LocalStack's parser and before any service. Who asks and with whose policies is told
by `identities`, what resources say by `resources`; `localcloud.iam` decides, and its record counts.
"""
