"""The endpoints of OpenSearch and its plugins, one module for each family."""
