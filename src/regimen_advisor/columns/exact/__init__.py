"""Make the standings of a table exact: complete rows with open facts from donors or by the solver."""
