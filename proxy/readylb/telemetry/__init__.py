"""How we tell: the table of metrics, event correlation, logging."""
