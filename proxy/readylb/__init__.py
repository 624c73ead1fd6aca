"""readylb: a load balancer that sends traffic only to replicas that are Ready."""

from __future__ import annotations

__version__ = "0.1.0"
