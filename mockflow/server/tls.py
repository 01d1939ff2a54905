"""HTTPS: with the user's certificate, or one that is made at the start by a CA of its own."""

import os
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockflow.loading.regular_files import require_regular

if TYPE_CHECKING:
    import trustme

NAMES: Final = ("localhost", "127.0.0.1", "::1")
"""The names in a made certificate, besides the host that the server listens on."""
_ALL_ADDRESSES: Final = ("0.0.0.0", "::", "")


class TlsError(ValueError):
    """There is no usable certificate; the message says how to get one."""


def made(*names: str) -> tuple[ssl.SSLContext, bytes]:
    """A context with a new certificate for `names` and `NAMES`, and its CA in PEM.

    Raises TlsError if trustme is not installed, for a name that cannot stand in a certificate, and where the system
    needs a temporary file and has no folder for it.
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
    try:
        _use(certificate, context)
    except OSError as error:
        raise TlsError(f"a certificate needs a temporary file, or --cert and --key: {error.strerror}") from None
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


def _use(certificate: "trustme.LeafCert", context: ssl.SSLContext) -> None:
    """Loads a certificate that was made. Python reads it from a file; on Linux that file is in memory.

    So a container needs no folder that can be written to, and the key never reaches a disk.
    """
    if sys.platform != "linux" or not Path("/proc/self/fd").exists():
        certificate.configure_cert(context)
        return
    with os.fdopen(os.memfd_create("mockflow"), "wb") as file:
        file.write(certificate.private_key_and_cert_chain_pem.bytes())
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")


def _no_password() -> str:
    raise ValueError("the key has a password; use a key without one")
