"""What makes a table's standings exact: rows with open facts, completed from donors or by the solver."""
