"""Make citations out of the evidence, through the libraries of the field."""
