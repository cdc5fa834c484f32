"""Bad patches to OpenID Connect: claims, subjects, levels, signed requests, what people say of themselves."""

from prove.mutants.model import Mutant

_CLAIMS = "flows/test_openid_claims.py"
_OBJECTS = "flows/test_request_object.py"
_SUBJECTS = "flows/test_openid_subjects.py"
_OBJECT = "protocol/request_object.py"

ROWS = (
    Mutant(
        "claims by name reach beyond the client's scopes",
        "resource_owner/claims.py",
        "if SCOPE_OF.get(name) in may)",
        "if name in SCOPE_OF)",
        "OpenID Connect Core §5.5: what a client may not have is ignored",
        (f"{_CLAIMS}::test_a_client_cannot_name_what_it_may_not_have",),
    ),
    Mutant(
        "claims by name are not asked for on the page",
        "authorization_server/authorization/steps.py",
        "wanted = _agreed_by(request, addressee.client)",
        "wanted = request.scope",
        "rulings C: a yes that named it",
        (f"{_CLAIMS}::test_a_claim_by_name_is_asked_in_the_words_of_its_scope_and_remembered",),
    ),
    Mutant(
        "claims asked for in the ID token are told nowhere",
        "protocol/id_token.py",
        "        **(person or {}),\n",
        "",
        "OpenID Connect Core §5.5: claims of the ID token are told there",
        (f"{_CLAIMS}::test_claims_asked_for_by_name_are_told_where_they_were_asked_for",),
    ),
    Mutant(
        "an essential acr is a wish",
        "authorization_server/authorization/checks.py",
        "if asked.acr_essential and not attainable(asked.acr):",
        "if False:",
        "OpenID Connect Core §5.5.1.1",
        (f"{_CLAIMS}::test_an_essential_acr_that_nothing_reaches_is_a_failed_authentication",),
    ),
    Mutant(
        "an acr is claimed because it was asked for",
        "resource_owner/assurance.py",
        'next((acr for acr in wanted if acr in levels), levels[-1] if levels else "")',
        'next(iter(wanted), levels[-1] if levels else "")',
        "rulings O: never more than was performed",
        (f"{_CLAIMS}::test_no_acr_is_claimed_that_was_not_performed",),
    ),
    Mutant(
        "pairwise identifiers are the same everywhere",
        "authorization_server/subject.py",
        'self.vault.mac("pairwise", issuer_id, sector, account.subject_id)',
        'self.vault.mac("pairwise", issuer_id, account.subject_id)',
        "OpenID Connect Core §8.1",
        (f"{_SUBJECTS}::test_two_sectors_cannot_be_put_together_and_one_is_shared",),
    ),
    Mutant(
        "a new master key renames everybody",
        "authorization_server/subject.py",
        "return await self.pairwise.settle(subject)",
        "return sub",
        "OpenID Connect Core §8: never reassigned",
        (f"{_SUBJECTS}::test_a_new_master_key_calls_nobody_another_name",),
    ),
    Mutant(
        "what stands beside a request object is added to it",
        "authorization_server/authorization/request_object.py",
        'for name in ("client_id", "response_type") if name not in inside)',
        "for name in sent if name not in inside)",
        "RFC 9101 §6.3: only what is inside",
        (f"{_OBJECTS}::test_what_is_only_outside_is_not_used",),
    ),
    Mutant(
        "a request object is good as often as it is sent",
        "authorization_server/authorization/request_object.py",
        "await self._burn(client, checked, incoming)",
        "",
        "a jti is there to be remembered",
        (f"{_OBJECTS}::test_one_that_names_itself_is_taken_once",),
    ),
    Mutant(
        "a request object for another server is good here",
        _OBJECT,
        "if issuer not in claims.audience(said):",
        "if not claims.audience(said):",
        "RFC 9101 §4, §10",
        (f"{_OBJECTS}::test_a_request_object_that_is_not_for_here_and_now_is_refused",),
    ),
    Mutant(
        "a client assertion starts an authorization",
        _OBJECT,
        'if "sub" in said:',
        "if False:",
        "RFC 9101 §10.8",
        (
            "protocol/test_request_object.py::test_one_member_that_is_wrong_is_enough",
            f"{_OBJECTS}::test_a_request_object_that_is_not_for_here_and_now_is_refused",
        ),
    ),
    Mutant(
        "another mail address stays verified",
        "resource_owner/profile.py",
        "if said[name] and said[name] != before.get(name)",
        "if False",
        "OpenID Connect Core §5.1: email_verified",
        ("flows/test_account_profile.py::test_another_mail_address_is_not_verified_any_more",),
    ),
)
