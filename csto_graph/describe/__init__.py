"""Why the graph says so, and why not."""
