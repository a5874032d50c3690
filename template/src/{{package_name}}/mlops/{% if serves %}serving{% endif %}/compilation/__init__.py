"""From a pipeline to what the service loads: compiler, parity, export."""
