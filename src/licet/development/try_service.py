"""``licet try service``: a nightly job gets a token for itself and calls the API."""

from __future__ import annotations

from licet.client import authentication, client_credentials
from licet.development.apps import READ
from licet.development.play import Play


def service(play: Play) -> None:
    """Play it. Raises what the client raises, and Unexpected."""
    job = play.dev.apps.service
    metadata = play.discover("The job")
    play.story.tell("The job proves who it is with its secret and asks for a token for itself")
    credentials = authentication.client_secret_basic(job.client_id, job.client_secret)
    tokens = client_credentials.ask(metadata, READ, credentials, play.transport)
    play.story.decode("access_token", tokens.access_token)
    play.call(tokens.access_token)
