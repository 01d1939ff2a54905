"""The image of the Dockerfile, built and run without a container engine."""
