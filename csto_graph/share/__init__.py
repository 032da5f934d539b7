"""The graph for others: as a file, as a stream, on a server."""
