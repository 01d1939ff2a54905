"""The security plugin: authentication and permissions (docs/reference/opensearch.md, "Security plugin").

Passwords are checked. AWS signatures are not: the access key is taken as the name of the user.
"""

import base64
import binascii
import hmac
import re
from typing import Final

from aiohttp import hdrs

from mockflow.cluster import Cluster
from mockflow.core.opensearch.security import Caller, User, action_of
from mockflow.server.http.messages import Request
from mockflow.server.rest.errors import Refusal, object_error, text_error

TENANT_ID: Final = "x-tenant-id"

_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="OpenSearch Security"'}
_CREDENTIAL: Final = re.compile(r"\bCredential=([^/,\s]{1,200})/")  # bounded, because there may be many beginnings
_SIGNED: Final = re.compile(r"AWS4-HMAC-SHA256\s")
_NOBODY: Final = User("", "-")


def authenticate(cluster: Cluster, request: Request, operation: str) -> Caller:
    """The request's caller; 401 for an unknown user, 403 without permission. `operation` is empty without a route."""
    tenant_id = request.headers.get(TENANT_ID) if cluster.world.flow_framework.multi_tenancy_enabled else None
    if not cluster.world.users:
        return Caller(tenant_id=tenant_id)
    user = _user(cluster, request.headers.get(hdrs.AUTHORIZATION, ""))
    action = action_of(operation) if operation else None
    if action and not user.may(action):
        raise object_error(403, "security_exception", f"no permissions for [{action}] and {user}")
    return Caller(user, tenant_id)


def _user(cluster: Cluster, authorization: str) -> User:
    if _SIGNED.match(authorization) and (signed := _CREDENTIAL.search(authorization)):
        user = cluster.world.users.get(signed[1])
        if user is None:
            raise Refusal(403, {"message": "The security token included in the request is invalid."})
        return user
    name, password = _basic(authorization)
    user = cluster.world.users.get(name, _NOBODY)
    if not hmac.compare_digest(user.password.encode(), password) or user is _NOBODY:
        raise text_error(401, "Unauthorized", _CHALLENGE)
    return user


def _basic(authorization: str) -> tuple[str, bytes]:
    """Name and password; empty if there are none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return name.decode(), password
    except (binascii.Error, ValueError):
        return "", b""
