"""Text to model: loading with line numbers, defaults, validation, both dialects."""
