"""The copy of the published document that docs/ keeps: ``python -m tests.administration.document > docs/openapi.json``."""

from __future__ import annotations

import json
import sys

from licet.administration import openapi

if __name__ == "__main__":
    json.dump(openapi.document("https://id.example.com"), sys.stdout, indent=1)
    sys.stdout.write("\n")
