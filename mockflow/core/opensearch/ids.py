"""Ids that look like the plugin's and come from names, never from chance.

The same scenario, workflow and step give the same id in every run, so a test may compare with it.
"""

import base64
import hashlib
import re

# Resources whose id in OpenSearch is a name that the user chose, not one that OpenSearch made
# (contract.md, section 7).
_NAMED = {"index_name", "pipeline_id"}
_LONGEST_NAME = 200  # OpenSearch's bound for the name of an index is 255 bytes


def opensearch_id(*names: str) -> str:
    """20 characters of URL-safe base64 that follow from `names` alone (contract.md, section 1)."""
    return base64.urlsafe_b64encode(_digest(names)[:15]).decode("ascii")


def opensearch_uuid(*names: str) -> str:
    """22 characters of URL-safe base64 that follow from `names` alone: OpenSearch's own ids of nodes and clusters."""
    return base64.urlsafe_b64encode(_digest(names)[:16]).decode("ascii").rstrip("=")


def resource_id(resource_type: str, scenario: str, workflow_id: str, step_id: str) -> str:
    """The id of a resource whose script names none.

    One id for each step and type, so that the two entries of a deployed model share theirs.
    An index or pipeline gets a legal lower-case name instead.
    """
    names = (scenario, workflow_id, step_id, resource_type)
    if resource_type not in _NAMED:
        return opensearch_id(*names)
    readable = re.sub(r"[^a-z0-9]+", "-", step_id.lower()[:_LONGEST_NAME]).strip("-") or "resource"
    return f"{readable}-{_digest(names)[:4].hex()}"


def _digest(names: tuple[str, ...]) -> bytes:
    return hashlib.sha256("\x00".join(names).encode("utf-8", "surrogatepass")).digest()
