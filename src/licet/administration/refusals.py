"""What the admin API refuses, beyond what every endpoint refuses. All of it is told as a problem (RFC 9457)."""

from __future__ import annotations

from typing import Any, ClassVar

from licet.protocol.errors import InvalidRequest
from licet.registration.mistakes import ManifestErrors
from licet.requirements import (
    ADMINISTRATION_AS_THE_FILE,
    ADMINISTRATION_CONDITIONAL,
    ADMINISTRATION_OBJECT_KNOWN,
    ADMINISTRATION_OWNED,
    ADMINISTRATION_WELL_FORMED,
)


class NoSuchObject(InvalidRequest):
    """There is none, or it is somebody else's: nobody can tell which (RFC 9110 §15.5.5)."""

    error = "not_found"
    status: ClassVar[int] = 404


class Clash(InvalidRequest):
    """What is asked for does not go together with what there is (RFC 9110 §15.5.10)."""

    error = "conflict"
    status: ClassVar[int] = 409


class Drifted(Clash):
    """The plan that was seen is not the plan that would be done: scripts tell it apart from other clashes."""

    error = "drifted"


class Stale(InvalidRequest):
    """The object is another than the one that was read (RFC 9110 §15.5.13)."""

    error = "stale"
    status: ClassVar[int] = 412


class Mistaken(InvalidRequest):
    """What is described cannot be: every mistake is in ``mistakes`` (RFC 9110 §15.5.21)."""

    error = "invalid_configuration"
    status: ClassVar[int] = 422


class Unconditional(InvalidRequest):
    """A change that does not say what it changes (RFC 6585 §3)."""

    error = "precondition_required"
    status: ClassVar[int] = 428


def no_such_object() -> NoSuchObject:
    """One text for all: an id of another owner and one that never was read the same."""
    return NoSuchObject("There is no such object", per=ADMINISTRATION_OBJECT_KNOWN)


def clash(what: str) -> Clash:
    """It does not go together; *what* says why, and what to do."""
    return Clash(what, per=ADMINISTRATION_OWNED)


def stale() -> Stale:
    """Somebody else was quicker."""
    return Stale("The object has changed since it was read: read it again", per=ADMINISTRATION_CONDITIONAL)


def there_already() -> Stale:
    """Something new was meant."""
    return Stale("There is such an object already: send If-Match to change it", per=ADMINISTRATION_CONDITIONAL)


def unconditional() -> Unconditional:
    """Neither a version nor that there is none."""
    text = "Send If-Match with the ETag that was read, or If-None-Match: * for something new"
    return Unconditional(text, per=ADMINISTRATION_CONDITIONAL)


def malformed(what: str) -> InvalidRequest:
    """The request itself is not as the document says."""
    return InvalidRequest(what, per=ADMINISTRATION_WELL_FORMED)


def mistaken(errors: ManifestErrors) -> Mistaken:
    """Everything that is wrong with a description, in the words of the file."""
    count = len(errors.mistakes)
    refusal = Mistaken(
        f"{count} mistake{'s' if count > 1 else ''} in what is described", per=ADMINISTRATION_AS_THE_FILE
    )
    told: list[dict[str, Any]] = [
        {"path": one.path, "message": one.message, "rule": one.rule, "fix": one.fix} for one in errors.mistakes
    ]
    refusal.members = {"mistakes": told}
    return refusal


def drifted(plan: Any) -> Drifted:
    """The plan that was seen is not the plan that would be done: *plan* is that one."""
    refusal = Drifted(
        "Something else is there, or something else is wanted, than when the plan was made; nothing was done",
        per=ADMINISTRATION_CONDITIONAL,
    )
    refusal.members = {"plan": plan}
    return refusal
