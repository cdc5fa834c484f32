"""What the OpenID Foundation's conformance suite looks at, one module a test, by a browser that runs no script."""
