"""Builds images with buildah: without an engine or a daemon, in a storage of its own below ``build/``."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.support.paths import ROOT

BASE: Final = "docker.io/library/python:3.13-slim"
STORAGE: Final = ROOT / "build" / "image"
PULL_SECONDS: Final = 60
BUILD_SECONDS: Final = 900
SUITE: Final = "trixie"  # Debian's release with Python 3.13

_ISOLATION: Final = ("--isolation", "chroot", "--network", "host")
_BUILDAH: Final = (
    "buildah",
    *("--root", str(STORAGE / "storage")),
    *("--runroot", str(STORAGE / "run")),
    *("--storage-driver", "vfs"),
)


def why_not() -> str | None:
    """What is missing for builds, or None."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "buildah builds with --isolation chroot as root on Linux"
    missing = [tool for tool in ("buildah", "debootstrap", "unshare") if not shutil.which(tool)]
    return f"not installed: {', '.join(missing)}" if missing else None


def buildah(*words: str, seconds: float = BUILD_SECONDS) -> str:
    """The output of a command of buildah; its own complaint if it fails."""
    done = subprocess.run([*_BUILDAH, *words], capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise AssertionError(f"buildah {' '.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout.strip()


def ensure_base() -> str:
    """Has the base image in the storage, and says where it comes from.

    Where it cannot be pulled, a Debian with its own Python takes its place, under its name.
    """
    STORAGE.mkdir(parents=True, exist_ok=True)
    if BASE in buildah("images", "--format", "{{.Name}}:{{.Tag}}").split():
        return "stored"
    try:
        buildah("pull", "--quiet", BASE, seconds=PULL_SECONDS)
    except (AssertionError, subprocess.TimeoutExpired):
        _make_base(STORAGE / "base")
        return "debootstrap"
    return "pulled"


def build(tag: str, labels: Mapping[str, str]) -> None:
    """Builds the Dockerfile of the checkout, in Docker's format: OCI's has no health check."""
    settings = STORAGE / "pip.conf"
    certificate = _write_pip_settings(settings)
    mounts = [f"{settings}:/etc/pip.conf:ro"]
    if certificate:
        mounts.append(f"{certificate}:{certificate}:ro")
    buildah(
        *("build", *_ISOLATION, "--format", "docker", "--pull-never", "--tag", tag),
        *(word for name, value in labels.items() for word in ("--label", f"{name}={value}")),
        *(word for mount in mounts for word in ("--volume", mount)),
        str(ROOT),
    )


def config_of(tag: str) -> dict[str, Any]:
    """The image's configuration, as engines read it."""
    image: dict[str, Any] = json.loads(buildah("inspect", "--type", "image", tag))["Docker"]
    config: dict[str, Any] = image["config"]
    return config


@contextmanager
def container_of(tag: str) -> Iterator[tuple[str, Path]]:
    """A container that nobody has started: its name, and its root folder on this machine."""
    name = buildah("from", "--pull-never", tag)
    try:
        yield name, Path(buildah("mount", name))
    finally:
        buildah("rm", name)


def run_command(name: str, variables: Mapping[str, str], command: Sequence[str]) -> list[str]:
    """The words that run a command in a container, as the image's user."""
    given = [word for pair in variables.items() for word in ("--env", "=".join(pair))]
    return [*_BUILDAH, "run", *_ISOLATION, *given, name, "--", *command]


def strict_command(root: Path, uid: int, variables: Mapping[str, str], command: Sequence[str]) -> list[str]:
    """The words that run a command as orchestrators may: any uid, read-only root file system, as process 1."""
    script = (
        'set -e; root=$1; uid=$2; shift 2; mount --bind "$root" "$root"; mount -o remount,ro,bind "$root";'
        ' mount -t proc proc "$root/proc"; cd /;'
        ' exec chroot --userspec="$uid:$uid" --groups="" "$root" /usr/bin/env -i "$@"'
    )
    given = map("=".join, variables.items())
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    return [*unshare, "sh", "-c", script, "sh", str(root), str(uid), *given, *command]


def _make_base(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", "--include=python3,python3-pip,python3-venv,ca-certificates"]
    subprocess.run([*command, SUITE, str(folder)], check=True, capture_output=True, timeout=BUILD_SECONDS)
    for marker in folder.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        marker.unlink()  # the Python of the real image is not Debian's
    for name, program in {"python": "python3", "python3": "python3", "pip": "pip3"}.items():
        (folder / "usr/local/bin" / name).symlink_to(f"/usr/bin/{program}")
    name = buildah("from", "scratch")
    buildah("add", "--quiet", name, str(folder), "/")
    buildah("config", "--cmd", "python3", name)
    buildah("commit", "--quiet", name, BASE)
    buildah("rm", name)
    shutil.rmtree(folder)


@cache
def _pip_settings() -> dict[str, str]:
    """How pip of this machine reaches its package index: settings by their names, those of the environment first."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():
        place, _, value = line.partition("=")
        source, _, name = place.rpartition(".")
        if name in ("cert", "extra-index-url", "index-url", "proxy", "timeout", "trusted-host"):
            if source == ":env:" or name not in found:
                found[name] = value.strip("'\"")
    return found


def _write_pip_settings(file: Path) -> str | None:
    """Writes them for the build, and returns the certificates that they name, if any."""
    settings = _pip_settings()
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    file.write_text("[global]\n" + "".join(lines), "utf-8")
    return settings.get("cert")
