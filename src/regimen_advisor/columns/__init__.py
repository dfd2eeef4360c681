"""Judge tables of patients column by column."""
