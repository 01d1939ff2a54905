"""Requests whose answers are compared with those of real nodes: `make parity URL=http://127.0.0.1:9200`.

`cases/*.yaml` have the requests, `answers/*.json` what a node of each release answers (docs/howto/parity.md). The
player needs the standard library and PyYAML only, and any server: a real cluster, or mockflow.
"""
