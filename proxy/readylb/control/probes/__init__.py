"""Probe workers: run handlers on time and write conclusions to the store."""
