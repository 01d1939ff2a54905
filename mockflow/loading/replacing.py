"""Replaces a file as a whole: atomically, never through a symbolic link, and only while it is as it was read."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

IS_POSSIBLE: Final = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
"""Whether this system can open a file relative to an open folder, and not through a link. Windows cannot."""


class ChangedError(Exception):
    """The file is not as it was read."""


def version_of_bytes(content: bytes) -> str:
    """The version of a file with this content."""
    return blake2b(content, digest_size=16).hexdigest()


def replace(path: Path, content: bytes, version: str) -> None:
    """Writes `content` into the file, which has this version, with the permissions that it had.

    Raises ChangedError if it has another one or is gone; OSError if it is a link, no regular file, or cannot be
    written. Then nothing is changed. The folder is opened once, so that no part of the path can be exchanged meanwhile.
    """
    folder = os.open(os.path.realpath(path.parent), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    part = f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part"
    try:
        mode = _checked(path.name, folder, version)
        new = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
        try:
            with os.fdopen(new, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fchmod(stream.fileno(), mode)
                os.fsync(stream.fileno())
            _checked(path.name, folder, version)  # as late as possible: an editor may have saved it
            os.replace(part, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(part, dir_fd=folder)
            raise
    finally:
        os.close(folder)


def _checked(name: str, folder: int, version: str) -> int:
    """The permissions of the file, if it has this version."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        raise ChangedError from None
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if version_of_bytes(stream.read()) != version:
            raise ChangedError
    return stat.S_IMODE(status.st_mode) & 0o777
