"""Local models without a URL: ML Commons looks them up in the list of pre-trained models that OpenSearch publishes.

mockflow does not have the list. All names in it begin with one of two words (docs/reference/opensearch.md, "ML
Commons").
"""

from typing import Final

NOT_LISTED: Final = "This model is not in the pre-trained model list, please check your parameters."
_BEGINNINGS: Final = ("huggingface/", "amazon/")


def can_be_listed(name: str) -> bool:
    """Whether a pre-trained model may have this name."""
    return name.startswith(_BEGINNINGS)
