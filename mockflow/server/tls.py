"""HTTPS: with the user's certificate, or one that is made at the start by a CA of its own."""

import ssl
from pathlib import Path
from typing import Final

from mockflow.loading.regular_files import require_regular

NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""The names in a made certificate, besides the host that the server listens on."""
_ALL_ADDRESSES: Final = ("0.0.0.0", "::", "")


class TlsError(ValueError):
    """There is no usable certificate; the message says how to get one."""


def made(*names: str) -> tuple[ssl.SSLContext, bytes]:
    """A context with a new certificate for `names` and `NAMES`, and its CA in PEM.

    Raises TlsError if trustme is not installed, and for a name that cannot stand in a certificate.
    """
    try:
        import trustme
    except ImportError:
        raise TlsError(
            "making a certificate needs trustme, which is not installed: pip install trustme; "
            "or use your own certificate with --cert and --key"
        ) from None
    ca = trustme.CA(organization_name="mockflow")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        certificate = ca.issue_cert(*dict.fromkeys([*NAMES, *(name for name in names if name not in _ALL_ADDRESSES)]))
    except ValueError as error:
        raise TlsError(f"cannot make a certificate for {', '.join(names)}: {error}") from None
    certificate.configure_cert(context)
    return context, ca.cert_pem.bytes()


def loaded(cert: str | Path, key: str | Path) -> ssl.SSLContext:
    """A context with a certificate (PEM, followed by its chain) and its private key. Raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        for file in (cert, key):
            require_regular(file)
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError as error:
        reason = f"{cert} and {key} are not a certificate and its key in PEM: {error.reason or error}"
        raise TlsError(reason) from None
    except (OSError, ValueError) as error:
        raise TlsError(f"{cert} and {key} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return context


def _no_password() -> str:
    raise ValueError("the key has a password; use a key without one")
