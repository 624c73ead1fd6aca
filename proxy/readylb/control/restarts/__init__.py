"""Restart hooks: how an endpoint that readylb did not start is started again.

For hooks of your own: `RestartHook` is what one must do, `RestartRequest` what it is told.
"""

from readylb.control.restarts.hook import RestartHook, RestartRequest

__all__ = ["RestartHook", "RestartRequest"]
