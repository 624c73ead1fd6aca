"""The only wiring: which parts there are and who is handed what."""
