"""Tables of what OpenSearch has; the modules beside this folder say what each column means."""
