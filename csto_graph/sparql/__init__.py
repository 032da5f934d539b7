"""Questions and answers: canned queries, names, rows, things."""
