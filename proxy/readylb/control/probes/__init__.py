"""Probers: ask on time and write conclusions to the store."""
