"""Tables of patients judged column by column."""
