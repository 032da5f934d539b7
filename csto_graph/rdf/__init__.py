"""Terms, literals and the serializations: what RDF itself says."""
