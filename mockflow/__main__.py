"""``python -m mockflow`` is the command `mockflow`."""

from mockflow.cli import main

main(prog_name="mockflow")
