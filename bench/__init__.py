"""licet beside another authorization server, on the same machine and in the same run."""
