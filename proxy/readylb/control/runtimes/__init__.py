"""How a container becomes a process: one runtime per file, found by name in `table`."""
