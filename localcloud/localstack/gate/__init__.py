"""The gate: one place in front of every service that decides whether a request is served.

It looks at the host and the origin of a request (`origin`: no browser page), then at its signature
(`signature`, `presigned`, `forms`: a key of this cloud, `keys`). What stands behind it trusts it.
LocalStack's gateway sees only `handler`; `install` puts it there.
"""
