"""Control to worker and back: messages, their encoding, and the channel that carries them."""
