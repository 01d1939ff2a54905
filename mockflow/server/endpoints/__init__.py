"""The endpoints of OpenSearch and its plugins: one module or package for each family."""
