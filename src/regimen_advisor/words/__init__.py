"""Hold every sentence a person reads that is not knowledge: one file a language, each entry fetched by its key."""
