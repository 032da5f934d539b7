"""What holds a graph and answers SPARQL: memory, disk, a server."""
