"""``licet try web``: a web shop signs alice in, and calls the API for her."""

from __future__ import annotations

import webbrowser
from functools import partial
from threading import Thread

from licet.client import authentication, discovery
from licet.client import authorization_code as code_flow
from licet.client.authorization_code import Begun
from licet.client.token_request import Tokens
from licet.development.apps import READ
from licet.development.play import Play
from licet.development.shop import CALLBACK, Shop
from licet.protocol import id_token
from licet.protocol.server_metadata import ServerMetadata

SCOPE = f"openid profile email offline_access {READ}"

_PATIENCE_S = 300.0
_SOON_S = 5.0
_ID_TOKEN_ALGS = frozenset({"RS256"})
"""What a client that registers nothing else is signed for with (OpenID Connect Registration §2)."""


def web(play: Play) -> None:
    """Play it. Raises what the client raises, Stuck, TimeoutError and Unexpected."""
    shop = Shop()
    try:
        _sign_in(play, shop)
    finally:
        shop.close()


def _sign_in(play: Play, shop: Shop) -> None:
    client_id = play.dev.apps.web.client_id
    play.story.note(f"The shop is open at {shop.address}")
    metadata = play.discover("The shop")
    begun = code_flow.begin(
        metadata, client_id=client_id, redirect=f"{shop.address}{CALLBACK}", scope=SCOPE, entropy=play.entropy
    )
    shop.open_for(begun.url, partial(code_flow.code_of, begun))
    code = _come_back(play, shop, begun)
    play.story.note("state is the one that was sent, iss is the server that was asked: the answer is ours")

    play.story.tell("The shop redeems the code, with the verifier that only it knows (PKCE)")
    tokens = code_flow.redeem(begun, code, metadata, authentication.none(client_id), play.transport)
    for name in ("access_token", "id_token", "refresh_token"):
        play.story.decode(name, getattr(tokens, name))
    name = _who(play, metadata, begun, tokens)
    shop.show(f"Hello {name}, you are signed in.")
    _ask_userinfo(play, metadata, tokens)
    play.call(tokens.access_token)


def _come_back(play: Play, shop: Shop, begun: Begun) -> str:
    """The code, once somebody has signed in and come back."""
    play.found["browser"] = "played" if play.alone else "opened"
    if play.alone:
        play.story.tell("The shop sends the browser to the server; alice signs in and allows it")
        alice = play.alice
        play.visitor().go(begun.url, {"login": alice.login, "password": alice.password})
        return shop.wait(_SOON_S)
    play.story.tell(f"Sign in at the shop, as {play.alice.login} with the password in dev.json: {shop.address}")
    play.story.note(f"password of {play.alice.login}: {play.alice.password}")
    play.story.note("If no browser opens, open that address yourself. Ctrl-C stops.")
    # Some browsers keep whoever opens them waiting until they are closed.
    Thread(target=webbrowser.open, args=(shop.address,), daemon=True).start()
    return shop.wait(_PATIENCE_S)


def _who(play: Play, metadata: ServerMetadata, begun: Begun, tokens: Tokens) -> str:
    """Who signed in, from an ID token that holds (OpenID Connect Core §3.1.3.7)."""
    play.story.tell("The shop checks the ID token with the server's public keys")
    keys = discovery.keys(metadata, play.transport)
    claims = id_token.check(
        tokens.id_token or "",
        keys,
        issuer=begun.issuer,
        client_id=begun.client_id,
        algs=_ID_TOKEN_ALGS,
        nonce=begun.nonce,
        now_s=play.now_s,
        access_token=tokens.access_token,
    )
    play.found["id_token_verified"] = True
    play.story.note(f"It is signed by {claims.iss}, for {begun.client_id}, with the nonce that was sent: it holds")
    return claims.sub


def _ask_userinfo(play: Play, metadata: ServerMetadata, tokens: Tokens) -> None:
    play.story.tell("The shop asks who that is")
    address = discovery.endpoint(metadata, metadata.userinfo_endpoint, "userinfo_endpoint")
    answer = play.transport.get(address, {"Authorization": f"Bearer {tokens.access_token}"})
    play.found["userinfo"] = answer.json()
