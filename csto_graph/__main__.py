"""``python -m csto_graph`` is the command line."""

from .cli.main import main

main()
