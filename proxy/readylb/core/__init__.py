"""What should happen: pure, synchronous decisions. Time and randomness are arguments."""
