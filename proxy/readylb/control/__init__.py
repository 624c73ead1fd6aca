"""Controllers around one store. Each watches, decides with `core`, and writes back."""
