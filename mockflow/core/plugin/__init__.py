"""The rules of the flow-framework plugin: template, graph, steps, simulation, life cycle, status, versions."""
