"""Connections from the moment a system has accepted them: places, descriptors, listening sockets."""
