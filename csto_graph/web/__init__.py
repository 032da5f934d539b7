"""The graph on the web: a SPARQL endpoint, linked data, and pages for people; needs the extra ``web``.

`app.create_app` makes the application. Nothing here knows what a graph says: pages show the documents of `describe`,
rows are those of the canned queries, queries from outside go through the same door as on the command line.
"""
