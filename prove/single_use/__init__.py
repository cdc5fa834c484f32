"""One artefact, a crowd that holds it, and one who is served: over the wire, against the server as it is run."""
