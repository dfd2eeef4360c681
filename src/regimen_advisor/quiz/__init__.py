"""Set exercises: patients worth asking about, the key to them, and the marks."""
