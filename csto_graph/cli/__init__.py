"""The command line: a thin shell that knows no RDF."""
