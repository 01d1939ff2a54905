"""Imports without what a process that only serves never needs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mockflow.core.base.collection import without_collection


@contextmanager
def quick_import() -> Iterator[None]:
    """What is imported meanwhile does without garbage collection, CA certificates and plugins of pydantic.

    aiohttp's client makes a TLS context when aiohttp is imported, and OpenSSL reads the CA certificates of the machine
    for it, which is a fifth of the time until a server is ready; `serve` has no client. For its first model pydantic
    looks through the metadata of all installed packages. A process that has more to do than to serve, such as a test's,
    imports without this.
    """
    before = {name: os.environ.get(name) for name in _WITHOUT}
    os.environ.update(_WITHOUT)
    try:
        with without_collection():
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_WITHOUT: Final = {
    "SSL_CERT_FILE": os.devnull,
    "SSL_CERT_DIR": os.devnull,
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
