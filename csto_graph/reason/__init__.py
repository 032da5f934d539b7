"""What follows from the statements, and from which: OWL 2 RL and the rules of the project."""
