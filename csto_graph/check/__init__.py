"""What is wrong or undecided: SHACL and house rules, sources, claims that disagree."""
