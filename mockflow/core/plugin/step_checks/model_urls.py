"""Models that are registered by a URL: whether the cluster's settings permit it.

Source: TransportRegisterModelAction of ML Commons 3.8 (read; docs/reference/opensearch.md, "ML Commons").
"""

from dataclasses import dataclass
from typing import Final

from mockflow.core.base.careful_regex import matches_whole
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks.failing import own

ALLOWED: Final = "plugins.ml_commons.allow_registering_model_via_url"
TRUSTED: Final = "plugins.ml_commons.trusted_url_regex"
_ANY_URL: Final = r"^(https?|ftp|file)://[-a-zA-Z0-9+&@#/%?=~_|!:,.;]*[-a-zA-Z0-9+&@#/%=~_|]"
_FORBIDDEN: Final = (
    "To upload custom model user needs to enable allow_registering_model_via_url settings. Otherwise please use "
    "OpenSearch pre-trained models."
)


@dataclass(frozen=True)
class ModelUrls:
    """The settings of the cluster."""

    allowed: bool | None = None
    """None where the setting is not set: the requests of clients are refused then, as by a default cluster."""
    trusted: str = _ANY_URL
    """What has to occur in a URL. An expression that Java alone can read, or that may take long, is taken to occur."""

    def failure(self, url: str, *, by_step: bool) -> Failure | None:
        """Why a model is not registered by this URL. A step may unless the setting forbids it."""
        if not self.allowed and not (by_step and self.allowed is None):
            return own(_FORBIDDEN, about="url")
        if matches_whole(rf"(?s:.*?)(?:{self.trusted})(?s:.*)", url) is False:
            return own("URL can't match trusted url regex", about="url")
        return None
