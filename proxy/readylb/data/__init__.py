"""Carries bytes: asyncio Protocols on uvloop. One worker is one loop."""
