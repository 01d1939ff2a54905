"""Checks that build, install or download: minutes, so they are outside of `make test`.

`make image-test` and `make release-test` run them, and `.ci/run` runs both. Where a tool is missing they skip and give
the reason.
"""
