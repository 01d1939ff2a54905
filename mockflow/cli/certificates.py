"""Keeps the CA certificates of this machine from being read where nothing verifies a server with them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_WHERE: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""What OpenSSL reads them from, if it is set."""


@contextmanager
def without_certificates() -> Iterator[None]:
    """OpenSSL finds no CA certificates meanwhile.

    aiohttp's client makes its TLS context when aiohttp is imported, which reads all of them: a fifth of the time until
    a server is ready. `serve` has no client. For a process that has one, such as a test's, aiohttp is imported as is.
    """
    before = {name: os.environ.get(name) for name in _WHERE}
    os.environ.update(dict.fromkeys(_WHERE, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
