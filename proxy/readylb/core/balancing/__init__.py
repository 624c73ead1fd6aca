"""Which endpoint is next: one policy per file, found by name in `table`."""
