"""Settings: how values are read, and the known settings of the cluster and of an index."""
