"""The flow-framework plugin's rules: template, graph, steps, simulation, life cycle, status, versions."""
