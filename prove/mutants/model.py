"""What a bad patch is: a row that says what is changed where, what is wrong with it, and who must notice."""

from __future__ import annotations

from dataclasses import dataclass

SHOP = ("flows/test_authorization_code.py::test_a_person_signs_in_agrees_and_the_shop_learns_who_it_is",)
SERVICE = ("flows/test_client_credentials.py::test_a_jwt_for_one_api_that_a_foreign_library_verifies",)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bad patch."""

    name: str
    file: str
    """Below ``src/licet``."""
    old: str
    new: str
    against: str
    """The section or rule that the patched server breaks."""
    killers: tuple[str, ...]
    """Below ``tests``: at least one test of each must fail; a parametrised one is named without its brackets."""
    lives: tuple[str, ...] = SHOP
    """Honest use that must still work under the patch: a server that is merely broken proves nothing."""
    times: int = 1
    """How often *old* stands in the file; all are changed."""
