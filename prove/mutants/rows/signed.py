"""Bad patches to signed tokens: algorithms, keys, forms that read two ways, what an ID token says."""

from prove.mutants.model import Mutant

_JWS = "protocol/jose/jws.py"
_TESTS = "protocol/test_jws.py"

ROWS = (
    Mutant(
        "no signature is checked",
        _JWS,
        "if not any(key.verify(header.alg, signing_input, signature) for key in _candidates(header, keys)):",
        "if not _candidates(header, keys):",
        "RFC 8725 §2.1",
        (f"{_TESTS}::test_no_changed_token_is_taken", "resource_server/test_admit.py"),
    ),
    Mutant(
        "a signature that begins with nothing is none to check",
        _JWS,
        "if not any(key.verify(header.alg, signing_input, signature) for key in _candidates(header, keys)):",
        "candidates = _candidates(header, keys)\n"
        "    if any(signature) and not any(key.verify(header.alg, signing_input, signature) for key in candidates):",
        "RFC 8725 §2.1: nought is no signature",
        (f"{_TESTS}::test_a_signature_is_two_numbers_in_their_range",),
    ),
    Mutant(
        "the header brings its key",
        _JWS,
        '    signing_input, signature = f"{head}.{body}".encode(), base64url.decode(tail)\n',
        '    signing_input, signature = f"{head}.{body}".encode(), base64url.decode(tail)\n'
        '    if "jwk" in (said := object_of(base64url.decode(head))):\n'
        '        keys = (VerifyingKey.from_jwk(said["jwk"]),)\n',
        "RFC 8725 §3.10: no key comes from a header",
        (f"{_TESTS}::test_a_key_in_the_header_is_never_used",),
    ),
    Mutant(
        "the token chooses its algorithm",
        _JWS,
        "if header.alg not in algs:",
        "if False:",
        "RFC 8725 §3.1: the context names the algorithms",
        (f"{_TESTS}::test_header_key_and_context_agree_on_the_algorithm",),
    ),
    Mutant(
        "the type says nothing",
        _JWS,
        "if header.typ not in _types(typ):",
        "if False:",
        "RFC 8725 §3.11",
        (
            f"{_TESTS}::test_a_token_is_of_the_type_it_says",
            "protocol/test_access_token.py::test_an_id_token_is_no_access_token",
        ),
    ),
    Mutant(
        "critical extensions are passed over",
        _JWS,
        '_REFUSED = frozenset({"crit", "b64", "zip", "enc"})',
        '_REFUSED = frozenset({"b64", "zip", "enc"})',
        "RFC 7515 §4.1.11",
        (f"{_TESTS}::test_extensions_are_refused",),
    ),
    Mutant(
        "a key verifies with any algorithm",
        "protocol/jose/jwk.py",
        "        if alg not in self.algs:\n            return False\n",
        "",
        "RFC 8725 §3.1: the key names its algorithms",
        (f"{_TESTS}::test_a_key_verifies_with_its_own_algorithms_only",),
    ),
    Mutant(
        "a private key is published",
        "protocol/jose/jwk.py",
        '        if not _PRIVATE.isdisjoint(jwk):\n            raise InvalidJWT("is a private or secret key")\n',
        "",
        "RFC 7517 §9.2",
        ("protocol/test_jwk.py::test_weak_private_and_contradictory_keys_are_refused",),
    ),
    Mutant(
        "keys that can be factored",
        "protocol/jose/jwk.py",
        "_RSA_BITS = range(2048, 8193)",
        "_RSA_BITS = range(1024, 8193)",
        "RFC 7518 §3.3",
        ("protocol/test_jwk.py::test_weak_private_and_contradictory_keys_are_refused",),
    ),
    Mutant(
        "a name may come twice in JSON",
        "protocol/jose/strict_json.py",
        "if len(members) != len(pairs):",
        "if False:",
        "RFC 8725 §2.9: two readers, two tokens",
        (
            "protocol/test_strict_json.py::test_a_name_that_comes_twice_is_refused",
            f"{_TESTS}::test_a_header_that_reads_two_ways_is_refused",
        ),
    ),
    Mutant(
        "a token has twins",
        "protocol/jose/base64url.py",
        "if raw and raw[-1] not in _LAST[remainder]:",
        "if False:",
        "RFC 7515 §2: one spelling",
        (f"{_TESTS}::test_a_signature_has_no_twin_in_its_last_letter", "protocol/test_base64url.py"),
    ),
    Mutant(
        "an ID token for another client",
        "protocol/id_token.py",
        'if read.aud != (client_id,) or said.get("azp", client_id) != client_id:',
        "if False:",
        "OpenID Connect Core §3.1.3.7",
        ("protocol/test_id_token.py::test_each_fault_alone_refuses",),
    ),
    Mutant(
        "an ID token with any nonce",
        "protocol/id_token.py",
        "if nonce is not None and not compare_digest",
        "if False and not compare_digest",
        "OpenID Connect Core §3.1.3.7",
        ("protocol/test_id_token.py::test_each_fault_alone_refuses",),
    ),
    Mutant(
        "an ID token with another access token",
        "protocol/id_token.py",
        "if expected is not None and not compare_digest",
        "if False and not compare_digest",
        "OpenID Connect Core §3.1.3.8",
        ("protocol/test_id_token.py::test_a_wrong_hash_refuses_and_a_missing_one_does_not",),
    ),
    Mutant(
        "an ID token without the nonce it was asked with",
        "protocol/id_token.py",
        '        said["nonce"] = nonce\n',
        "        pass\n",
        "OpenID Connect Core §2",
        ("protocol/test_id_token.py::test_what_is_made_is_read_back",),
        lives=("flows/test_client_credentials.py::test_a_jwt_for_one_api_that_a_foreign_library_verifies",),
    ),
)
