"""Lets pages of the site link to files outside docs/, as they do on GitHub: these files become part of the site."""

import posixpath
import re
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = "source"  # of the site, for the files outside docs/
_LINK: Final = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)")


def on_files(files: Files, *, config: Any) -> Files:
    """Adds each file that a page links to, and the pages that are linked so."""
    waiting = [(file.src_uri, file) for file in files.documentation_pages()]
    while waiting:
        uri, page = waiting.pop()
        for path in _outside(uri, page.content_string):
            target = f"{FOLDER}/{path}"
            if files.get_file_from_path(target) is None and (ROOT / path).is_file():
                added = File.generated(config, target, abs_src_path=str(ROOT / path))
                files.append(added)
                if path.endswith(".md"):
                    waiting.append((target, added))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Turns links to files outside docs/ to their copies; a link to a folder becomes text."""
    uri = page.file.src_uri
    text = re.sub(r"\[([^\]]+)\]\(([^)\s#:]+)\)", lambda link: _without_folder(uri, link), markdown)
    return _LINK.sub(lambda link: _target(uri, link[1]), text)


def _outside(uri: str, text: str) -> list[str]:
    """The paths outside docs/ to which a page links, from the root of the repository."""
    paths = (_path(uri, link) for link in _LINK.findall(text))
    return [path for path in paths if not path.startswith("docs/")]


def _target(uri: str, link: str) -> str:
    path = _path(uri, link)
    there = path.removeprefix("docs/") if path.startswith("docs/") else f"{FOLDER}/{path}"
    return posixpath.relpath(there, posixpath.dirname(uri) or ".")


def _without_folder(uri: str, link: re.Match[str]) -> str:
    return link[1] if (ROOT / _path(uri, link[2])).is_dir() else link[0]


def _path(uri: str, link: str) -> str:
    """From the root of the repository."""
    inside = uri.startswith(f"{FOLDER}/")
    page = uri.removeprefix(f"{FOLDER}/") if inside else f"docs/{uri}"
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
