"""The scripts of runs: plans, the compiler and timelines."""
