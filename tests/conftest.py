"""Settings of all tests."""

from hypothesis import settings

settings.register_profile("mockflow", deadline=None)  # a timing never decides a test
settings.load_profile("mockflow")
