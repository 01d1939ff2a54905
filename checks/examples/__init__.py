"""The programs of `examples/`, each tested by the tools of its language."""
