"""Documents as blocks, and their writers; none of them knows medicine."""
