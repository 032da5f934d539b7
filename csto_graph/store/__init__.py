"""What holds a graph and answers SPARQL: Oxigraph in memory and on disk, a server."""
