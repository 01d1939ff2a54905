"""`make parity URL=...`: plays the cases on a cluster, and tells where it answers otherwise than the measured nodes."""

import argparse
import json
import secrets
import sys
import time
from fnmatch import fnmatchcase
from typing import Final

from tests.parity.cases import RELEASES, all_cases, answers_of, write_answers
from tests.parity.player import asking, differences, play

_LIMIT: Final = 300


def main() -> int:
    """Prints the differences. The exit code is 1 if there are any, and 2 if there is no OpenSearch."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("url", help="the address of a cluster that has never had a workflow")
    parser.add_argument("--only", default="*", help="play the cases whose name matches this pattern")
    parser.add_argument("--release", choices=RELEASES, help="compare with this release (default: the nearest one)")
    parser.add_argument("--write", action="store_true", help="write the answers down as those of the release instead")
    given = parser.parse_args()
    ask = asking(given.url)
    try:
        number = str(json.loads(ask("GET", "/", {}, None)[2])["version"]["number"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{given.url} does not answer as OpenSearch: {error!r}", file=sys.stderr)
        return 2
    release = given.release or _nearest(number)
    print(f"{given.url} is OpenSearch {number}; its answers are compared with those of {release}")
    real = {} if given.write else answers_of(release)
    written, unique = {}, secrets.token_hex(4)
    cases = [case for case in all_cases() if fnmatchcase(case.name, given.only)]
    differing = set()
    for count, case in enumerate(cases):
        here = play(case, ask, f"{unique}{count}", lambda: time.sleep(0.2))
        written[case.name] = here
        for found in differences(case, real.get(case.name, here), here):
            differing.add(case.name)
            print(f"\n{found.case}\n  {found.request}\n  {found.path}")
            print(f"    {release}: {_short(found.real)}\n    here:{' ' * (len(release) - 4)} {_short(found.here)}")
    if given.write:
        print(f"{write_answers(release, written)} has the answers to {len(cases)} cases")
        return 0
    print(f"\n{len(cases) - len(differing)} of {len(cases)} cases are as on {release}")
    return 1 if differing else 0


def _nearest(number: str) -> str:
    """The release of the same major version; the newest for others."""
    return next((release for release in RELEASES if number.split(".")[0] == release.split(".")[0]), RELEASES[0])


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}..."


if __name__ == "__main__":
    sys.exit(main())
