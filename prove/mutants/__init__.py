"""Bad patches to the server, one at a time; the tests that exist must notice each."""
