"""One module per source of evidence; siblings never import each other."""
