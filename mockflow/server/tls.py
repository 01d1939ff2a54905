"""HTTPS: with the user's own certificate, or one that is made at the start and known to no one else."""

import ssl
from pathlib import Path
from typing import Final

NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""Whom a made certificate is for, besides the host that the server listens on."""
_EVERYWHERE: Final = ("0.0.0.0", "::", "")


class TlsError(ValueError):
    """There is no certificate to serve with; the message says what would help."""


def made(*names: str) -> tuple[ssl.SSLContext, bytes]:
    """A context with a new certificate for `names` and `NAMES`, and the PEM of the CA that has signed it.

    Raises TlsError where trustme is not installed, and for a name that none can be made for.
    """
    try:
        import trustme
    except ImportError:
        raise TlsError(
            "a certificate is made by trustme, which is not installed: pip install 'mockflow-opensearch[tls]'; "
            "or give one of your own with --cert and --key"
        ) from None
    ca = trustme.CA(organization_name="mockflow")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        certificate = ca.issue_cert(*dict.fromkeys([*NAMES, *(name for name in names if name not in _EVERYWHERE)]))
    except ValueError as error:
        raise TlsError(f"no certificate can be made for {', '.join(names)}: {error}") from None
    certificate.configure_cert(context)
    return context, ca.cert_pem.bytes()


def loaded(cert: str | Path, key: str | Path) -> ssl.SSLContext:
    """A context with a certificate (PEM, its chain after it) and its private key. Raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError as error:
        reason = f"{cert} and {key} are not a certificate and its key in PEM: {error.reason or error}"
        raise TlsError(reason) from None
    except (OSError, ValueError) as error:
        raise TlsError(f"{cert} and {key} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return context


def _no_password() -> str:
    raise ValueError("the key has a password; give one without")
