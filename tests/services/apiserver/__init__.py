"""A Kubernetes API server for tests: small, but with the semantics of the real one.

It is reached over TLS with a bearer token, as a real one is. docs: the module docstrings say what
each part follows; `server` is the HTTP side, `registry` what each verb does, `ownership` and
`merging` server-side apply, `store` versions and watches, `cluster_controllers` what a cluster
does by itself.
"""
