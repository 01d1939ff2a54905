"""No redirects for requests with credentials: urllib would send them to the other server too."""

import urllib.request
from typing import Any


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an error response, urllib.error.HTTPError, if the request has credentials."""

    def redirect_request(self, req: urllib.request.Request, *response: Any) -> urllib.request.Request | None:
        """The request to the other URL; None for a request with credentials."""
        return None if req.has_header("Authorization") else super().redirect_request(req, *response)
