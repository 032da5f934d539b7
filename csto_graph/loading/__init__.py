"""From files to a graph: those of the project, those of the user, and what follows from both."""
